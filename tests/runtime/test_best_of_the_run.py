"""The best weights, the adapter and what was measured are those of the epoch that the run calls its best."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

import netc
from netc.compiler import Net
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.runtime.folder import door
from netc.runtime.folder.best_weights import BestWeights
from netc.runtime.folder.files import write_weights
from netc.runtime.folder.run_folder import RunFolder
from netc.runtime.folder.tested import read_test
from netc.runtime.runs import final

from .conftest import Run, arrays


def trainer(net: Net, **settings: Any) -> netc.Trainer:
    return netc.Trainer(netc.Model(net, device="cpu"), lr=1e-2, **settings)


def resumed(net: Net, **settings: Any) -> netc.Trainer:
    made = trainer(net, **settings)
    made.resume("a")
    return made


def lost(net: Net, monkeypatch: pytest.MonkeyPatch, epoch: int = 2) -> dict[str, np.ndarray]:
    """A run in `a` killed after the best weights of an epoch, before its checkpoint; the best that the run has."""
    kept: dict[str, np.ndarray] = {}
    save = RunFolder.save_last

    def killed(self: RunFolder, tensors: Any, seed: int, rows: int, progress: Any, card: Any = None) -> None:
        if progress.epoch == epoch:
            raise KeyboardInterrupt
        save(self, tensors, seed, rows, progress, card)
        if self.best.exists():
            kept.update(load_file(self.best))

    with monkeypatch.context() as patched:
        patched.setattr(RunFolder, "save_last", killed)
        with pytest.raises(KeyboardInterrupt):
            trainer(net).fit("data.npz", out="a", epochs=4, quiet=True)
    return kept


def best() -> dict[str, np.ndarray]:
    return load_file(RunFolder(Path("a")).weights())


def equal(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)


def test_best_weights_of_a_lost_epoch_are_none(net: Net, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = lost(net, monkeypatch)
    assert equal(best(), kept)
    assert not equal(load_file("a/best.safetensors"), kept)
    again = resumed(net)
    with monkeypatch.context() as patched:
        patched.setattr("netc.runtime.training.loop.Loop.epoch", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            again.fit("data.npz", out="a", epochs=4, quiet=True)
    assert equal(load_file("a/best.safetensors"), kept)


def test_before_the_first_checkpoint_of_an_epoch_there_is_no_best(
    net: Net, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost(net, monkeypatch, epoch=1)
    assert RunFolder(Path("a")).weights() == Path("a/last.safetensors")


def test_the_checkpoint_before_goes_on_with_its_own_best(run: Run, net: Net, folder: Path) -> None:
    trainer(net).fit("data.npz", out="a", epochs=1, quiet=True)
    first = best()
    again = resumed(net)
    again.fit("data.npz", out="a", epochs=2, quiet=True)
    assert again.history.best_epoch == 2
    Path("a/last.safetensors").unlink()
    Path("a/model.onnx").unlink()
    assert equal(best(), first)
    assert run("train", "--resume", "a", "--epochs", "2").returncode == 0
    assert RunFolder(Path("a")).read_last()[2].epoch == 2


def test_best_weights_of_another_epoch_are_refused(
    run: Run, net: Net, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost(net, monkeypatch)
    Path("a/previous_best.safetensors").unlink()
    done = run("train", "--resume", "a")
    assert (done.returncode, "error[E561]" in done.stderr) == (5, True)
    assert "is of epoch 2, and the best of the run in a/last.safetensors is epoch 1" in done.stderr
    assert "`--init a/last.safetensors`" in done.stderr
    new = ("train", "tiny.net", "--data", "data.npz", "--epochs", "1", "--out", "b")
    assert run(*new, "--init", "a/last.safetensors").returncode == 0


def test_weights_of_an_older_netc_are_taken(net: Net, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = lost(net, monkeypatch)
    Path("a/previous_best.safetensors").unlink()
    write_weights(Path("a/best.safetensors"), kept)
    assert equal(best(), kept)
    assert len(resumed(net).fit("data.npz", out="a", epochs=2, quiet=True)) == 2


@pytest.mark.parametrize("links", [True, False])
def test_whatever_operation_fails_the_best_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    def failing(name: str) -> Any:
        operation = getattr(door, name)

        def call(*arguments: Any) -> Any:
            nonlocal number
            number += 1
            if number == at:
                raise KeyboardInterrupt
            if name == "link" and not links:
                raise PermissionError(1, "no links")
            return operation(*arguments)

        return call

    number, at = 0, 0
    first, second = (np.full(2, value, np.float32) for value in (1, 2))
    for name in door.OPERATIONS:
        monkeypatch.setattr(door, name, failing(name))
    while at <= number:
        at, number = at + 1, -1000
        path = tmp_path / str(at)
        path.mkdir()
        folder = RunFolder(path)
        folder.best_weights.save({"w": first}, (1, 10))
        number = 0
        with suppress(KeyboardInterrupt):
            folder.best_weights.save({"w": second}, (2, 20))
        found = folder.of_epoch((1, 10), folder.best, folder.best_before)
        assert found is not None
        assert load_file(found)["w"][0] == 1


def parts() -> None:
    data = {f"{part}_{name}": values for part, rows in (("train", 60), ("val", 20), ("test", 30))
            for name, values in arrays(rows, rows).items()}  # fmt: skip
    np.savez("d.npz", **data)


@pytest.mark.parametrize("from_python", [True, False])
def test_what_was_measured_of_other_weights_is_gone(
    run: Run, net: Net, folder: Path, monkeypatch: pytest.MonkeyPatch, from_python: bool
) -> None:
    parts()
    trainer(net).fit("d.npz", out="a", epochs=1, quiet=True)
    before = netc.load_run("a").metrics["test_loss"]

    def killed(*_: object) -> None:
        assert not RunFolder(Path("a")).curves.exists()
        assert "test_loss" not in netc.load_run("a").metrics
        raise SystemExit(9)

    with monkeypatch.context() as patched:
        patched.setattr(final, "write_test", killed)
        patched.setattr(final, "can_plot", lambda: False)
        if from_python:
            with pytest.raises(SystemExit):
                resumed(net).fit("d.npz", out="a", epochs=2, quiet=True)
        else:
            assert run("train", "--resume", "a", "--epochs", "2").returncode == 9
    assert Path("a/model.onnx").exists()
    assert run("train", "--resume", "a").returncode == 0
    assert netc.load_run("a").metrics["test_loss"] != before


def test_figures_say_of_which_weights_they_are(run: Run, net: Net, folder: Path) -> None:
    parts()
    trainer(net).fit("d.npz", out="a", epochs=1, quiet=True)
    there = RunFolder(Path("a"))
    found = read_test(there)
    assert found is not None
    there.best_weights.save({name: values + 1 for name, values in best().items()}, (1, there.read_progress().step))
    assert read_test(there) is None
    there.test_json.write_text('{"version": 1, "part": "test", "examples": 30, "metrics": {"loss": 0.5}}')
    assert read_test(there) is not None  # of an older netc


@pytest.mark.parametrize("first", [None, "a"])
def test_a_training_that_goes_on_in_another_folder_takes_its_best_weights_along(
    folder: Path, net: Net, monkeypatch: pytest.MonkeyPatch, first: str | None
) -> None:
    """Before: nothing was the best there, and the last weights became those of the model."""
    parts()
    made = trainer(net)
    made.fit("d.npz", out=first, epochs=1, quiet=True)
    wanted = made.best_weights if first is None else load_file("a/best.safetensors")
    assert wanted is not None
    monkeypatch.setattr(type(made.progress), "improves", lambda *_: None)
    made.fit("d.npz", out="b", epochs=3, quiet=True)
    assert made.progress.best is not None
    assert made.progress.best["epoch"] == 1
    assert equal(wanted, load_file("b/best.safetensors"))
    assert equal(wanted, netc.load_run("b").model.state_dict())


def test_weights_that_became_the_best_in_memory_are_those_of_the_folder_too(folder: Path, net: Net) -> None:
    parts()
    made = trainer(net)
    made.fit("d.npz", out="a", epochs=1, quiet=True)
    made.fit("d.npz", epochs=2, quiet=True)
    kept = made.best_weights
    assert kept is not None
    with pytest.warns(UserWarning, match="nothing is left to train"):
        made.fit("d.npz", out="a", epochs=2, quiet=True)
    assert equal(kept, load_file("a/best.safetensors"))


def test_best_weights_that_are_gone_are_missed_before_the_training_goes_on(run: Run, net: Net, folder: Path) -> None:
    """Before: the last weights took their place at its end, and nobody said so."""
    parts()
    made = trainer(net)
    made.fit("d.npz", out="a", epochs=1, quiet=True)
    made.progress.step += 1  # as a step of the caller's does: the weights of now are no longer the best
    for name in ("best", "previous_best"):
        Path(f"a/{name}.safetensors").unlink(missing_ok=True)
    done = run("train", "--resume", "a", "--epochs", "2")
    assert done.returncode == 5
    assert "E561" in done.stderr
    assert "a has no best.safetensors, and the best of the run in a/last.safetensors is epoch 1" in done.stderr
    with pytest.raises(netc.DiagnosticError, match="E561"):
        made.fit("d.npz", out="b", epochs=2, quiet=True)
    assert not Path("b").exists()
    assert "`netc weights a/model.onnx a/tiny.net -o a/best.safetensors`" in done.stderr
    assert run("weights", "a/model.onnx", "a/tiny.net", "-o", "a/best.safetensors").returncode == 0
    assert run("train", "--resume", "a", "--epochs", "2").returncode == 0


def test_best_weights_that_are_gone_are_not_taken_for_the_last(run: Run, net: Net, folder: Path) -> None:
    parts()
    trainer(net).fit("d.npz", out="a", epochs=1, quiet=True)
    for path in (Path("a/model.onnx"), *Path("a").glob("*best.safetensors")):
        path.unlink()
    done = run("predict", "a", "d.npz")
    assert (done.returncode, "a has no best.safetensors" in done.stderr) == (5, True)
    assert "`--init a/last.safetensors`" in done.stderr


@pytest.mark.parametrize("epoch", [1, 2])
def test_a_training_goes_on_where_its_best_weights_could_not_be_written(
    net: Net, folder: Path, monkeypatch: pytest.MonkeyPatch, epoch: int
) -> None:
    """Before: an IndexError, and the model, figures and curves of before were gone."""
    parts()
    whole, made = trainer(net), trainer(net)
    whole.fit("d.npz", out="whole", epochs=3, quiet=True)
    if epoch > 1:
        made.fit("d.npz", out="a", epochs=epoch - 1, quiet=True)
    with monkeypatch.context() as patched:
        patched.setattr(BestWeights, "save", full)
        with pytest.raises(DiagnosticError, match="E562"):
            made.fit("d.npz", out="a", epochs=3, quiet=True)
    assert (made.progress.epoch, len(made.history)) == (epoch - 1, epoch - 1)
    made.fit("d.npz", out="a", epochs=3, quiet=True)
    assert [record["loss"] for record in made.history] == [record["loss"] for record in whole.history]
    assert made.progress.best == whole.progress.best
    assert equal(load_file("a/best.safetensors"), load_file("whole/best.safetensors"))


def full(*_: Any, **__: Any) -> None:
    raise DiagnosticError(Diagnostic("E562", "the disk is full"))


def test_nothing_is_removed_of_a_run_whose_best_weights_are_missing(net: Net, folder: Path) -> None:
    parts()
    made = trainer(net)
    made.fit("d.npz", out="a", epochs=1, quiet=True)
    made.progress.step += 1  # as a step of the caller's does: the weights of now are no longer the best
    for name in ("best", "previous_best"):
        Path(f"a/{name}.safetensors").unlink(missing_ok=True)
    before = sorted(path.name for path in Path("a").iterdir())
    with pytest.raises(DiagnosticError, match="E561"):
        made.fit("d.npz", out="a", epochs=2, quiet=True)
    assert sorted(path.name for path in Path("a").iterdir()) == before
    assert {"model.onnx", "test.json"} <= set(before)


def test_best_weights_of_before_that_are_damaged_have_a_way_out(
    run: Run, net: Net, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run killed between new best weights and their checkpoint: those that it names are the ones before."""
    lost(net, monkeypatch)
    damaged = Path("a/previous_best.safetensors")
    assert RunFolder(Path("a")).weights() == damaged
    content = bytearray(damaged.read_bytes())
    content[-1] ^= 1
    damaged.write_bytes(content)
    done = run("train", "--resume", "a")
    assert (done.returncode, "previous_best.safetensors" in done.stderr) == (5, True)
    assert "start a new run from its weights, `--init a/last.safetensors`" in done.stderr
    assert (
        run("train", "tiny.net", "--data", "data.npz", "--epochs", "1", "--init", "a/last.safetensors").returncode == 0
    )


def test_best_weights_of_another_training_are_not_those_of_one_that_is_resumed(net: Net, folder: Path) -> None:
    """Before: what a trainer had kept in memory was written over the weights of the run that it resumed."""
    parts()
    trainer(net).fit("d.npz", out="a", epochs=1, quiet=True)
    kept = load_file("a/best.safetensors")
    other = trainer(net, seed=5)
    other.fit("d.npz", epochs=2, quiet=True)
    other.resume("a")
    with pytest.warns(UserWarning, match="nothing is left to train"):
        other.fit("d.npz", out="a", epochs=1, quiet=True)
    assert equal(kept, load_file("a/best.safetensors"))


def test_a_folder_that_is_gone_is_not_asked_for_weights_that_the_trainer_has(net: Net, folder: Path) -> None:
    parts()
    made = trainer(net)
    made.fit("d.npz", out="a", epochs=1, quiet=True)
    kept = load_file("a/best.safetensors")
    shutil.rmtree("a")
    made.fit("d.npz", out="b", epochs=1, quiet=True)
    assert equal(kept, load_file("b/best.safetensors"))


def test_best_weights_are_there_before_a_run_can_go_on(net: Net, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts()
    made = trainer(net)
    made.fit("d.npz", out="a", epochs=1, quiet=True)

    def killed(self: RunFolder, *_: object) -> None:
        assert equal(load_file("a/best.safetensors"), load_file(self.best))
        raise KeyboardInterrupt

    monkeypatch.setattr(RunFolder, "write_request", killed)
    with pytest.raises(KeyboardInterrupt):
        made.fit("d.npz", out="b", epochs=2, quiet=True)


def test_weights_of_another_epoch_are_nowhere_the_best(run: Run, net: Net, folder: Path) -> None:
    """Before: `show`, `load_run`, `--init` and `export` took those of the epoch before, and said nothing."""
    parts()
    trainer(net).fit("d.npz", out="a", epochs=1, quiet=True)
    resumed(net).fit("d.npz", out="a", epochs=3, quiet=True)
    assert RunFolder(Path("a")).best_before.exists()
    Path("a/best.safetensors").unlink()
    for read in (lambda: netc.load_run("a"), lambda: netc.Model(net).load("a")):
        with pytest.raises(netc.DiagnosticError, match="E561"):
            read()
    new = ("train", "tiny.net", "--data", "d.npz", "--epochs", "1", "--out", "b", "--device", "cpu", "--init", "a")
    done = run(*new)
    assert (done.returncode, "error[E561]" in done.stderr) == (5, True)
    offered = "netc weights a/model.onnx a/tiny.net -o a/best.safetensors"
    assert f"`{offered}`" in done.stderr
    assert run(*offered.split()[1:]).returncode == 0
    assert run(*new).returncode == 0


def test_weights_of_another_net_are_refused_before_the_training_goes_on(run: Run, net: Net, folder: Path) -> None:
    """Before: after it, when the model with the right ones was gone."""
    parts()
    trainer(net).fit("d.npz", out="a", epochs=1, quiet=True)
    model = Path("a/model.onnx").read_bytes()
    write_weights(Path("a/best.safetensors"), {"x": np.zeros(3, np.float32)})
    done = run("train", "--resume", "a", "--epochs", "2")
    assert (done.returncode, "error[E550]" in done.stderr) == (5, True)
    assert "`netc weights a/model.onnx a/tiny.net -o a/best.safetensors`" in done.stderr
    assert Path("a/model.onnx").read_bytes() == model


def test_the_model_stands_in_for_weights_though_it_lacks_what_only_training_has(run: Run, folder: Path) -> None:
    """Before: what the way out wrote was refused with the same way out."""
    text = "net A {\n  input x: 3\n  train only { aux = dense(2) }\n  y = dense(2)\n}\n"
    Path("side.net").write_text(text + "train A { loss = mse(y, t) + mse(aux, t) }\n")
    np.savez("s.npz", x=np.eye(3, dtype=np.float32), t=np.ones((3, 2), np.float32))
    assert run("train", "side.net", "--data", "s.npz", "--epochs", "1", "--out", "a", "--device", "cpu").returncode == 0
    for path in Path("a").glob("*best.safetensors"):
        path.unlink()
    done = run("train", "--resume", "a", "--epochs", "2")
    offered = "netc weights a/model.onnx a/side.net -o a/best.safetensors"
    assert (done.returncode, f"`{offered}`" in done.stderr) == (5, True)
    assert run(*offered.split()[1:]).returncode == 0
    assert netc.load_run("a").model(np.eye(3, dtype=np.float32)).shape == (3, 2)
    again = run("train", "--resume", "a", "--epochs", "2")
    assert again.returncode == 0, again.stderr


def test_a_trainer_of_another_net_is_told_so_and_not_of_the_best_weights(net: Net, folder: Path) -> None:
    """Before: the best weights were at fault, and the way out wrote over them."""
    parts()
    trainer(net).fit("d.npz", out="a", epochs=1, quiet=True)
    other = netc.loads("net B { input x: 3; y = dense(2) }\ntrain B { loss = mse(y, t) }")
    with pytest.raises(netc.DiagnosticError, match=r"E561.*the checkpoint does not fit the net"):
        netc.Trainer(netc.Model(other, device="cpu")).resume("a")
