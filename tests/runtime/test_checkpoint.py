"""A checkpoint's tensors are fitted to the net and the optimizer, or refused by name before anything is changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from sealed import change_weights

import netc
from netc.compiler import Net
from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.devices.device import CPU
from netc.runtime.folder.run_folder import RunFolder
from netc.runtime.sessions.resident import Resident
from netc.runtime.training.trainer import Trainer

from .conftest import Kept, Run

Tensors = dict[str, np.ndarray]

STATE = "logits.weight.mean"
"""A state tensor [3, 64], the largest."""


def rewrite(change: Callable[[Tensors], None], folder: str = "run") -> None:
    """Change the tensors of a run's checkpoint and keep what it says about the progress."""
    change_weights(Path(folder) / "last.safetensors", change)


def put(change: Callable[[np.ndarray], np.ndarray], name: str = STATE) -> Callable[[Tensors], None]:
    def spoil(tensors: Tensors) -> None:
        tensors[name] = np.array(change(tensors[name]), order="C")

    return spoil


def first(value: float, dtype: str = "float32") -> Callable[[Tensors], None]:
    def spoil(tensor: np.ndarray) -> np.ndarray:
        spoilt = tensor.astype(dtype)
        spoilt[1, 2] = value
        return spoilt

    return put(spoil)


REFUSED: dict[str, tuple[Callable[[Tensors], None], str, tuple[str, ...]]] = {
    "shape": (put(lambda t: t[:, :-1]), "E552", (f"`{STATE}`", "3x63", "3x64")),
    "transposed": (put(lambda t: t.T), "E552", (f"`{STATE}`", "64x3", "3x64")),
    "flat": (put(lambda t: t.ravel()), "E552", (f"`{STATE}`", "shape 192", "3x64")),
    "scalar": (put(lambda t: t[0, 0]), "E552", (f"`{STATE}`", "scalar", "3x64")),
    "half the shape": (put(lambda t: t[:1].astype(np.float16)), "E552", (f"`{STATE}`", "1x64", "3x64")),
    "int32": (put(lambda t: t.astype(np.int32)), "E554", (f"`{STATE}`", "int32", "float32")),
    "int64": (put(lambda t: t.astype(np.int64)), "E554", (f"`{STATE}`", "int64", "float32")),
    "bool": (put(lambda t: t > 0), "E554", (f"`{STATE}`", "bool", "float32")),
    "nan": (first(np.nan), "E554", (f"`{STATE}`", "nan at [1, 2]", "finite")),
    "inf": (first(-np.inf), "E554", (f"`{STATE}`", "-inf at [1, 2]", "finite")),
    "nan in float16": (first(np.nan, "float16"), "E554", (f"`{STATE}`", "nan at [1, 2]", "finite")),
    "too large": (first(1e300, "float64"), "E554", (f"`{STATE}`", "1e+300 at [1, 2]", "float32")),
    "missing": (lambda tensors: tensors.__delitem__(STATE), "E561", ("lacks", f"`{STATE}`")),
    "extra": (lambda tensors: tensors.update(other=np.zeros(3, np.float32)), "E561", ("also holds", "`other`")),
    "parameter": (put(lambda t: t.T, "logits.weight"), "E552", ("`logits.weight`", "64x3", "3x64")),
}


@pytest.fixture
def stopped(net: Net, kept: Kept) -> Net:
    """A run of two epochs in the folder `run`; `net` is its network."""
    kept("run", lambda: trainer_of(net, epochs=2).fit("data.npz", out="run"))
    return net


def trainer_of(net: Net, **settings: object) -> Trainer:
    return netc.Trainer(netc.Model(net, device="cpu"), **settings)


def contents(folder: str) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(Path(folder).rglob("*")) if path.is_file()}


def equal(a: Tensors, b: Tensors) -> bool:
    return a.keys() == b.keys() and all(
        a[name].dtype == b[name].dtype and a[name].tobytes() == b[name].tobytes() for name in a
    )


@pytest.mark.quick(3)
@pytest.mark.parametrize("kind", REFUSED)
def test_a_trainer_refuses_and_stays_as_it_was(stopped: Net, kind: str) -> None:
    change, code, words = REFUSED[kind]
    rewrite(change)
    trainer = trainer_of(stopped, seed=7)
    before, on_disk = trainer.checkpoint(), contents("run")
    with pytest.raises(DiagnosticError) as caught:
        trainer.resume("run")
    (found,) = caught.value.diagnostics
    assert found.code == code
    assert all(word in found.message for word in words), found.message
    assert found.help
    assert equal(trainer.checkpoint(), before)
    assert (trainer.seed, trainer.progress.step) == (7, 0)
    assert contents("run") == on_disk


@pytest.mark.quick(4)
@pytest.mark.parametrize("kind", REFUSED)
def test_the_command_refuses_and_changes_no_file(run: Run, kept: Kept, kind: str) -> None:
    change, code, words = REFUSED[kind]
    given = ("train", "tiny.net", "--data", "data.npz", "--device", "cpu", "--epochs", "1", "--out", "run")
    kept("run", lambda: run(*given), "by the command")
    rewrite(change)
    before = contents("run")
    done = run("train", "--resume", "run", "--epochs", "3")
    assert done.returncode == 5
    assert f"error[{code}]" in done.stderr
    assert all(word in done.stderr for word in words), done.stderr
    assert contents("run") == before


def test_every_tensor_that_does_not_fit_is_named(stopped: Net) -> None:
    def change(tensors: Tensors) -> None:
        for name in ("logits.bias.mean", "logits.bias.square"):
            tensors[name] = np.zeros(5, np.float32)
        tensors[STATE] = np.zeros((3, 64), np.int8)

    rewrite(change)
    with pytest.raises(DiagnosticError) as caught:
        trainer_of(stopped).resume("run")
    assert [found.code for found in caught.value.diagnostics] == ["E552", "E552", "E554"]


@pytest.mark.quick(1)
@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_floats_of_another_width_are_converted(stopped: Net, run: Run, dtype: str) -> None:
    """All of the state in float64 changes no bit of what follows; in float16 it is what numpy rounds it to."""
    kept = load_file("run/last.safetensors")
    parameters = {parameter.name for parameter in stopped.parameters}

    def change(tensors: Tensors) -> None:
        for name in tensors.keys() - parameters:
            tensors[name] = tensors[name].astype(dtype)

    rewrite(change)
    trainer = trainer_of(stopped, epochs=4)
    trainer.resume("run")
    rounded = {name: t if name in parameters else t.astype(dtype).astype(np.float32) for name, t in kept.items()}
    assert equal(trainer.checkpoint(), rounded)
    trainer.fit("data.npz")
    expected = trainer_of(stopped, epochs=4)
    expected.restore(rounded, RunFolder(Path("run")).read_last()[2])
    expected.fit("data.npz")
    assert equal(trainer.checkpoint(), expected.checkpoint())


def test_the_other_byte_order_is_converted(stopped: Net) -> None:
    trainer = trainer_of(stopped)
    tensors = {name: values.astype(values.dtype.newbyteorder(">")) for name, values in trainer.checkpoint().items()}
    before = trainer.checkpoint()
    trainer.restore(tensors, trainer.progress)
    assert equal(trainer.checkpoint(), before)


@pytest.mark.parametrize(
    "array", [np.ones((2, 3), np.float16), np.ones((2, 3), np.int32), np.ones((3, 2), np.float32), np.ones(6, "f4")]
)
def test_a_buffer_takes_only_what_it_was_made_for(array: np.ndarray) -> None:
    """Another array is read past its end, so it is a bug of ours whoever asks for it."""
    resident = Resident(CPU)
    resident.put("w", np.zeros((2, 3), np.float32))
    with pytest.raises(AssertionError, match="`w`"):
        resident.put("w", array)
    assert not resident.get("w").any()
    resident.put("w", np.full((3, 2), 2, np.float32).T)
    assert (resident.get("w") == 2).all()


def test_compile_takes_a_checkpoint_s_state(stopped: Net, run: Run) -> None:
    assert run("compile", "tiny.net", "--train", "-o", "s.onnx", "--weights", "run/last.safetensors").returncode == 0
    assert equal(load_file("s.safetensors"), load_file("run/last.safetensors"))
    rewrite(put(lambda t: t.astype(np.float64)))
    assert run("compile", "tiny.net", "--train", "-o", "d.onnx", "--weights", "run/last.safetensors").returncode == 0
    assert equal(load_file("d.safetensors"), load_file("s.safetensors"))
    assert run("compile", "tiny.net", "--train", "-o", "b.onnx", "--weights", "run/best.safetensors").returncode == 0
    assert not any(values.any() for name, values in load_file("b.safetensors").items() if name.endswith(".mean"))


@pytest.mark.parametrize(
    ("kind", "code"),
    [("missing", "E550"), ("extra", "E551"), *((kind, REFUSED[kind][1]) for kind in ("transposed", "int64", "nan"))],
)
def test_compile_refuses_state_that_does_not_fit(stopped: Net, run: Run, kind: str, code: str) -> None:
    rewrite(REFUSED[kind][0])
    done = run("compile", "tiny.net", "--train", "-o", "s.onnx", "--weights", "run/last.safetensors")
    assert done.returncode == 5
    assert f"error[{code}]" in done.stderr
    assert not list(Path().glob("s.*"))


@pytest.mark.quick(1)
@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda tensors: tensors.pop("logits.weight"), "E550"),
        (put(lambda t: t.T, "logits.weight"), "E552"),
        (put(lambda t: t * np.nan, "logits.weight"), "E568"),
        (lambda tensors: tensors.update(other=np.zeros(3, np.float32)), "E551"),
        (None, "E553"),
    ],
)
def test_the_best_weights_are_fitted_too(stopped: Net, run: Run, change: Callable[[Tensors], None], code: str) -> None:
    """A run without its model.onnx answers with its best weights: what is wrong with them is said by name."""
    assert run("train", "tiny.net", "--data", "data.npz", "--epochs", "1", "--out", "done").returncode == 0
    Path("done/model.onnx").unlink()
    best = Path("done/best.safetensors")
    if change is None:
        best.write_bytes(best.read_bytes()[:100])
    else:
        tensors = load_file(best)
        change(tensors)
        save_file(tensors, best)
    for command in (("eval", "done"), ("predict", "done", "done/sample.npz"), ("train", "--resume", "done")):
        done = run(*command)
        assert (done.returncode, f"error[{code}]" in done.stderr) == (5, True), done.stderr
        assert "best.safetensors" in done.stderr
