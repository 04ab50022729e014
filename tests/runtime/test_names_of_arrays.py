"""Arrays and columns that netc writes for inputs, targets and outputs, whatever those are called."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netc
from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.folder.archive import npz
from netc.runtime.inside.view import Sheet
from netc.runtime.runs.answers import OWN, write_answers

X = np.arange(24, dtype=np.float32).reshape(6, 4) / 24


@pytest.mark.parametrize("packed", [False, True])
def test_an_archive_is_what_numpy_writes(packed: bool) -> None:
    arrays = {"x": X, "label": np.arange(6), "names": np.array(["a", "bc"]), "one": np.float32(1), "turned": X.T}
    theirs = io.BytesIO()
    (np.savez_compressed if packed else np.savez)(theirs, **arrays)  # type: ignore[operator]
    assert npz(arrays, packed=packed) == theirs.getvalue()


@pytest.mark.parametrize("name", ["file", "allow_pickle", "self"])
def test_a_training_whose_input_and_target_are_called_as_arguments(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = f"net A {{ input {name}: 4; out = dense(1) }}\ntrain A {{ loss = mse(out, args); batch = 3; epochs = 1 }}"
    Path("a.net").write_text(text)
    trainer = netc.Trainer(netc.Model(netc.load("a.net"), device="cpu"))
    trainer.fit({name: X, "args": X[:, :1]}, quiet=True, out="a")
    with np.load("a/sample.npz") as sample:
        assert set(sample.files) == {name, "args"}
    Sheet("a look", {name: X}).save("look.npz")
    with np.load("look.npz") as look:
        assert look.files == [name]


def written(path: Path, answers: list[dict[str, Any]]) -> dict[str, list[Any]]:
    write_answers(path, answers)
    if path.suffix == ".npz":
        with np.load(path) as found:
            return {name: found[name].tolist() for name in found.files}
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
    return {name: [row[name] for row in rows] for name in rows[0]}


def test_outputs_overwrite_nothing_else_that_an_answer_says(tmp_path: Path) -> None:
    outputs = [{name: [float(at + 10 * row)] for at, name in enumerate((*OWN, "file"))} for row in (0, 1)]
    answers = [{"input": f"{row}.png", "outputs": out, "label": 7 + row} for row, out in enumerate(outputs)]
    table = written(tmp_path / "o.csv", answers)
    assert (table["input"], table["label"], table["output.label"]) == (["0.png", "1.png"], ["7", "8"], ["4.0", "14.0"])
    arrays = written(tmp_path / "o.npz", answers)
    assert arrays["input"] == ["0.png", "1.png"]
    assert {name.removeprefix("output.") for name in arrays} == {*OWN, "file"}
    assert (arrays["output.class"], arrays["file"]) == ([[1.0], [11.0]], [[5.0], [15.0]])


def test_numbers_of_two_outputs_share_no_column(tmp_path: Path) -> None:
    answers = [{"input": "x", "outputs": {"a": [1.0, 2.0], "a1": [3.0]}}]
    answers += [{"input": "y", "outputs": {"a1": [6.0], "a": [4.0, 5.0]}}]
    table = written(tmp_path / "o.csv", answers)
    assert table == {"input": ["x", "y"], "a0": ["1.0", "4.0"], "a1": ["2.0", "5.0"], "output.a1": ["3.0", "6.0"]}


def test_numbers_stay_what_they_are(tmp_path: Path) -> None:
    outputs = [{"id": [16777219], "seen": [True], "y": [0.5]}, {"id": [2**40 + 1], "seen": [False], "y": [2.0]}]
    write_answers(tmp_path / "a.npz", [{"input": f"{at}", "outputs": found} for at, found in enumerate(outputs)])
    with np.load(tmp_path / "a.npz") as found:
        assert found["id"].tolist() == [[16777219], [2**40 + 1]]
        assert {name: found[name].dtype.name for name in ("id", "seen", "y")} == {
            "id": "int64",
            "seen": "bool",
            "y": "float32",
        }


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        (np.array([[1], [2**63 + 1]], np.uint64), "uint64"),
        (np.array([[2**64 - 1, 0], [5, 7]], np.uint64), "uint64"),
        (np.array([[-5], [2**53 + 1]]), "int64"),
        (np.array([[1e300], [0.5]]), "float64"),
        (np.array([[0.1], [0.5]]), "float64"),
        (np.array([[0.1, np.nan], [-np.inf, 3e38]], np.float32), "float32"),
        (np.array([[0.1], [6e4]], np.float16), "float32"),
        (np.zeros((2, 0), np.float32), "float32"),
    ],
)
def test_numbers_of_every_type_are_kept(tmp_path: Path, values: np.ndarray, dtype: str) -> None:
    """Before: those past int64 became float32, and 1e300 infinity."""
    write_answers(
        tmp_path / "a.npz", [{"input": str(at), "outputs": {"y": row.tolist()}} for at, row in enumerate(values)]
    )
    with np.load(tmp_path / "a.npz") as found:
        assert found["y"].dtype == dtype
        np.testing.assert_array_equal(found["y"], values)


def test_outputs_of_other_shapes_are_no_array(tmp_path: Path) -> None:
    answers = [{"input": "a", "outputs": {"y": [1.0]}}, {"input": "b", "outputs": {"y": [1.0, 2.0]}}]
    with pytest.raises(DiagnosticError, match=r"E501.*`y` is \[1\] for one input and \[2\].*end `--out` with .json"):
        write_answers(tmp_path / "a.npz", answers)
