"""Runs that are trained once more: equal to the last bit, or what differs; and what lock.json says."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from here import CPU_TARGETS
from processes import command, surroundings
from sealed import change_document

import netc
from netc.compiler import Net
from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.folder.lock import FolderLock
from netc.runtime.folder.run_folder import RunFolder
from netc.runtime.runs.request import request_of
from netc.runtime.training.reproduce import reproduce

from .conftest import Kept, Run, arrays
from .test_run import TRAIN, equal

SHORT = (*TRAIN, "--epochs", "2", "--out")


@pytest.fixture
def trained(run: Run, kept: Kept) -> Path:
    kept("a", lambda: run(*SHORT, "a"))
    return Path("a")


def test_a_run_is_repeated_to_the_last_bit(run: Run, trained: Path) -> None:
    done = run("reproduce", "a", "--out", "b", "--format", "json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["equal"], found["epochs"], found["conditions"], found["first"]) == (True, 2, {}, None)
    for name in ("last.safetensors", "best.safetensors"):
        assert equal(trained / name, Path("b") / name)
    assert "stopped after" not in done.stderr
    asked = [json.loads((path / "run.json").read_text()) for path in (trained, Path("b"))]
    assert asked[0] == asked[1]
    assert run("eval", "b").returncode == 0
    shutil.move("data.npz", "moved.npz")
    assert run("reproduce", "b", "--data", "moved.npz", "--out", "c").returncode == 0
    assert request_of(RunFolder(Path("c"))).data == "moved.npz"
    assert run("reproduce", "c").returncode == 0


def test_what_differs_is_said(run: Run, trained: Path) -> None:
    change_document(trained / "lock.json", lambda lock: (lock["packages"].update(numpy="0.9"), lock.update(cores=64)))
    records = [json.loads(line) for line in (trained / "metrics.jsonl").read_text().splitlines()]
    folder = RunFolder(trained)
    tensors, about, progress = folder.read_last()
    progress.history[1]["loss"] += 0.25
    tensors["dense1.weight" if "dense1.weight" in tensors else next(iter(tensors))] += 1
    folder.save_last(tensors, about["seed"], about["rows"], progress)
    done = run("reproduce", "a")
    assert done.returncode == 1
    assert f"epoch 2: loss {records[1]['loss'] + 0.25} -> {records[1]['loss']}\n" in done.stdout
    assert "in last.safetensors by up to 1.0e+00" in done.stdout
    assert "packages.numpy 0.9 -> " in done.stdout
    assert "cores 64 -> " in done.stdout


def test_a_run_that_was_ended_early_is_repeated_as_far_as_it_came(net: Net, folder: Path) -> None:
    class Early(netc.Listener):
        def epoch_ended(self, record: object, improved: bool) -> None:
            self.stop("enough")

    trainer = netc.Trainer(netc.Model(net, device="cpu", threads=1))
    trainer.fit("data.npz", out="a", listener=Early(), quiet=True)
    found = reproduce(Path("a"))
    assert (found.equal, found.epochs, dict(found.conditions)) == (True, 1, {})
    assert json.loads(Path("a/lock.json").read_text())["threads"] == 1


def test_what_cannot_be_repeated(run: Run, trained: Path, folder: Path) -> None:
    np.savez(
        folder / "other.npz", **{f"{part}_{name}": a for part in ("train", "test") for name, a in arrays(40).items()}
    )
    assert "error[E611]" in run("reproduce", "a", "--data", "other.npz").stderr
    run("train", "--resume", "a", "--epochs", "3")
    done = run("reproduce", "a")
    assert (done.returncode, "it was changed on its way: epochs 2 -> 3" in done.stderr) == (5, True)
    (trained / "lock.json").unlink()
    done = run("reproduce", "a")
    assert (done.returncode, "error[E610]: a cannot be repeated: it has no lock.json" in done.stderr) == (5, True)
    (trained / "lock.json").write_text('{"version": 99}')
    assert "lock.json is of version 99" in run("reproduce", "a").stderr


def test_a_run_that_goes_on_is_not_called_different(run: Run, trained: Path) -> None:
    """Its files change while it is repeated: what they hold of other epochs says nothing of whether it repeats."""
    with FolderLock(trained).held(), pytest.raises(DiagnosticError, match=r"E569\] a training is at work in a"):
        reproduce(trained)

    class GoesOn(netc.Listener):
        def started(self, progress: object, epochs: int, steps_per_epoch: int) -> None:
            run("train", "--resume", "a", "--epochs", "3")

    with pytest.raises(DiagnosticError, match=r"E610\] a went on while it was repeated"):
        reproduce(trained, listener=GoesOn())


def test_no_absolute_path_of_the_user_is_kept(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("train", str(folder / "tiny.net"), "--data", str(folder / "data.npz"), "--epochs", "1", "--out", "r/a")
    run("train", "tiny.net", "--data", f"{folder / 'data.npz'}:target=label", "--epochs", "1", "--out", "r/b",
        "--init", str(folder / "r/a/best.safetensors"))  # fmt: skip
    run("train", "--resume", "r/b", "--data", str(folder / "data.npz"), "--epochs", "2")
    for path in (folder / "r").rglob("*"):
        if path.is_file():
            assert str(folder).encode() not in path.read_bytes(), path
    (folder / "elsewhere").mkdir()
    monkeypatch.chdir(folder / "elsewhere")
    assert request_of(RunFolder(Path("../r/b"))).init == str(Path("../r/a/best.safetensors"))
    assert run("train", "--resume", "../r/a", "--epochs", "2").returncode == 0


@pytest.mark.quick(2)
@pytest.mark.parametrize("target", CPU_TARGETS)
def test_one_thread_everywhere(net: Net, folder: Path, target: str) -> None:
    trainer = netc.Trainer(netc.Model(net, device="cpu", target=target, threads=1), epochs=1)
    trainer.fit("data.npz", quiet=True)
    sessions = [step.session for steps in trainer._all_steps for step in steps._sessions.values()]
    sessions += [trainer.scorer, *trainer.averaged()._inference.values()]
    assert len(sessions) > 2
    assert {session.session.get_session_options().intra_op_num_threads for session in sessions} == {1}


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="a process may use every core")
def test_deterministic_runs_are_equal_on_any_number_of_cores(folder: Path) -> None:
    cores = sorted(os.sched_getaffinity(0))
    for out, some in (("one", cores[:1]), ("all", cores)):
        done = subprocess.run(
            command(*SHORT, out, "--deterministic"), env=surroundings(), capture_output=True,
            preexec_fn=lambda some=some: os.sched_setaffinity(0, some),
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    for name in ("last.safetensors", "best.safetensors"):
        assert equal(Path("one") / name, Path("all") / name)
    assert json.loads(Path("one/run.json").read_text())["deterministic"] is True
