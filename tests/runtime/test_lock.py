"""One training at a time in a folder: refused by name while one is at work, taken over from a dead process."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from processes import command, surroundings
from sealed import change_document

import netc
from netc.compiler import Net
from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.folder import lock
from netc.runtime.folder.lock import FolderLock

from .conftest import Run
from .test_run import TRAIN, wait_for

LONG = ("--epochs", "2000")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "run.lock"}


@pytest.mark.skipif(os.name == "nt", reason="signals are others there")
def test_a_second_training_is_refused_and_changes_nothing(run: Run, folder: Path) -> None:
    process = subprocess.Popen(
        command(*TRAIN, *LONG, "--out", "a"), cwd=folder, env=surroundings(),
        text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        wait_for(folder / "a/metrics.jsonl", 1, process)
        process.send_signal(signal.SIGSTOP)  # at work, and still
        before = contents(folder / "a")
        for arguments in (("train", "--resume", "a"), ("train", "--resume", "a", "--epochs", "3000")):
            done = run(*arguments)
            assert done.returncode == 5
            assert f"error[E569]: a training is at work in a: process {process.pid}\n" in done.stderr
        with pytest.raises(DiagnosticError, match="E569"):
            netc.Trainer(netc.Model(netc.load("tiny.net"), device="cpu")).fit("data.npz", out="a")
        assert contents(folder / "a") == before
        assert run("eval", "a").returncode == 0  # reading is no training
    finally:
        process.kill()
        process.communicate()
    assert (folder / "a/run.lock").exists()
    epochs = len((folder / "a/metrics.jsonl").read_text().splitlines())
    change_document(folder / "a/run.json", lambda said: said["overrides"].update(epochs=epochs + 2))
    done = run("train", "--resume", "a")
    assert done.returncode == 0, done.stderr
    assert not (folder / "a/run.lock").exists()


@pytest.mark.parametrize(
    "left",
    ["", "{}", "[", '{"pid": 1, "host": "elsewhere"}', f'{{"pid": {os.getpid()}, "host": "x"}}'],
    ids=["empty", "nothing", "damaged", "elsewhere", "ours"],
)
def test_a_file_that_nobody_locks_is_taken_over(left: str, tmp_path: Path) -> None:
    """Whatever is in it: the process may have died, and its number may be another's by now."""
    (tmp_path / "run.lock").write_text(left)
    with FolderLock(tmp_path).held() as locked:
        assert locked
        assert json.loads((tmp_path / "run.lock").read_text())["pid"] == os.getpid()
    assert not (tmp_path / "run.lock").exists()


def pipe(path: Path) -> None:
    os.mkfifo(path)


def link(path: Path) -> None:
    path.symlink_to("mine")


@pytest.mark.skipif(os.name == "nt", reason="there are no pipes, and links take rights")
@pytest.mark.parametrize("make", [pipe, link, Path.mkdir])
def test_what_is_no_regular_file_is_no_lock(make: Callable[[Path], None], tmp_path: Path) -> None:
    """Nobody waits for the pipe's other end, and what the link leads to is not written."""
    path, mine = tmp_path / "run.lock", tmp_path / "mine"
    mine.write_text("mine")
    make(path)
    assert not lock.is_at_work(tmp_path)
    assert not lock.is_lock(path)
    with pytest.raises(DiagnosticError, match=r"E562\] cannot write .*run.lock"), FolderLock(tmp_path).held():
        pass
    assert {item.name for item in tmp_path.iterdir()} == {"run.lock", "mine"}
    assert mine.read_text() == "mine"


def test_the_holder_may_hold_it_again_and_nobody_else(tmp_path: Path) -> None:
    first, second = FolderLock(tmp_path), FolderLock(tmp_path)
    with first.held():
        with first.held():
            pass
        with pytest.raises(DiagnosticError, match=f"process {os.getpid()}"), second.held():
            pass
        (tmp_path / "run.lock").write_text("")
        with pytest.raises(DiagnosticError, match=r"holder_may_hold_it_ag\d*; help"), second.held():
            pass
    with second.held():
        pass


def test_of_many_one_at_a_time_holds_it(tmp_path: Path) -> None:
    """Also where one takes the file away while another has just opened it."""
    inside: list[int] = []
    most = []

    def work(number: int) -> int:
        held = 0
        for _ in range(200):
            try:
                with FolderLock(tmp_path).held():
                    inside.append(number)
                    most.append(len(inside))
                    inside.remove(number)
                    held += 1
            except DiagnosticError:
                continue
        return held

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(4))) > 0
    assert max(most) == 1


def test_a_file_system_without_locks_is_said(net: Net, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(handle: int) -> None:
        raise OSError(errno.ENOLCK, "no locks available")

    monkeypatch.setattr(lock, "_lock", refuse)
    trainer = netc.Trainer(netc.Model(net, device="cpu"), epochs=1)
    with pytest.warns(UserWarning, match="the file system of a has no locks"):
        trainer.fit("data.npz", out="a")
    assert not (folder / "a/run.lock").exists()


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(DiagnosticError, match="E562"), FolderLock(tmp_path / "none").held():
        pass
