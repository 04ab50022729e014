"""Axes of length 0 in data: answers may be none, inputs have to hold something."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import netc
from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.data.fingerprint import fingerprint
from netc.runtime.data.inputs import read_inputs
from netc.runtime.data.values import check_finite

NET = """net C {{
  input x: [{steps}, 4]
  scores = dense(8) -> relu -> dense(4)
}}
train C {{
  loss = ctc(scores, labels)
}}
"""


def rows(steps: int = 12, labels: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {"x": rng.random((20, steps, 4)).astype(np.float32), "labels": np.zeros((20, labels), np.int64)}


@pytest.mark.quick(1)
@pytest.mark.filterwarnings("ignore:d.npz has 1 class")
@pytest.mark.parametrize("steps", ["12", "T"])
def test_a_silence_has_no_labels(steps: str, tmp_path: Path) -> None:
    """The loss of blanks alone, by PyTorch; and a training on a file of such rows."""
    (tmp_path / "c.net").write_text(NET.format(steps=steps))
    trainer = netc.Trainer(netc.Model(netc.load(tmp_path / "c.net")))
    data = rows()
    np.savez(tmp_path / "d.npz", **data)
    scores = torch.tensor(np.asarray(trainer.model(data["x"])), dtype=torch.float64)
    blanks = -torch.log_softmax(scores, 2)[:, :, 0].sum(1)
    np.testing.assert_allclose(trainer.evaluate(str(tmp_path / "d.npz"))["loss"], blanks.mean(), rtol=1e-5)
    history = trainer.fit(str(tmp_path / "d.npz"), epochs=1, quiet=True)
    assert np.isfinite(history[-1]["loss"])


@pytest.mark.parametrize("steps", ["12", "T"])
def test_an_input_without_numbers_is_refused(steps: str, tmp_path: Path) -> None:
    (tmp_path / "c.net").write_text(NET.format(steps=steps))
    trainer = netc.Trainer(netc.Model(netc.load(tmp_path / "c.net")))
    np.savez(tmp_path / "d.npz", **rows(0, 3))
    with pytest.raises(DiagnosticError, match=r"E504.*x: a row is 0x4.*for input `x`") as caught:
        trainer.fit(str(tmp_path / "d.npz"), epochs=1, quiet=True)
    assert "declare" not in (caught.value.diagnostics[0].help or "")


@pytest.mark.parametrize("shape", [(3, 0, 4), (0, 4)])
def test_a_question_without_numbers_is_refused(shape: tuple[int, ...], tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros(shape, np.float32))
    port = {"name": "x", "role": "data", "dtype": "float32", "shape": ["N", "T", 4]}
    with pytest.raises(DiagnosticError, match=r"E504.*there is no number in it for input `x`"):
        read_inputs([tmp_path / "a.npy"], [port])


def test_rows_of_nothing_have_a_fingerprint() -> None:
    prints = {
        fingerprint([("x", np.zeros(shape, dtype))])
        for shape in ((0, 3), (3, 0), (12, 0), (12, 0, 4))
        for dtype in (np.float32, np.int64)
    }
    assert len(prints) == 8


def test_a_file_is_named_once(tmp_path: Path) -> None:
    np.save(tmp_path / "obj.npy", np.array([{}, {}], object), allow_pickle=True)
    port = {"name": "x", "role": "data", "dtype": "float32", "shape": ["N", 4]}
    with pytest.raises(DiagnosticError) as caught:
        read_inputs([tmp_path / "obj.npy"], [port])
    (found,) = caught.value.diagnostics
    assert found.code == "E507"
    assert found.message.count("obj.npy") == 1


@pytest.mark.parametrize("batch", [False, True])
@pytest.mark.parametrize(("value", "dtype"), [(np.nan, np.float32), (-np.inf, np.float64), (1e300, np.float64)])
def test_one_finding_about_numbers_that_are_none(batch: bool, value: float, dtype: type, tmp_path: Path) -> None:
    """The words of training, and the place within the file."""
    values = np.ones((5, 12, 4) if batch else (12, 4), dtype)
    at = (3, 2, 1) if batch else (2, 1)
    values[at] = value
    np.save(tmp_path / "a.npy", values)
    port = {"name": "x", "role": "data", "dtype": "float32", "shape": ["N", 12, 4]}
    with pytest.raises(DiagnosticError) as caught:
        read_inputs([tmp_path / "a.npy"], [port])
    (asked,) = caught.value.diagnostics
    assert asked.code == "E506"
    assert f"a.npy at {list(at)} is {value}" in asked.message
    said = check_finite(values.reshape(-1, 12, 4), lambda row, _: f"row {row}", port)[0]
    assert asked.message.partition(" is ")[2] == said.message.partition(" is ")[2]
    assert asked.help == said.help
