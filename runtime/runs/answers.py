"""Answers of a network as a file: a table, JSON, or arrays."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.grammar.documents import answered
from netc.grammar.writing import encoded
from netc.runtime.folder.archive import npz
from netc.runtime.folder.files import write_atomic

ENDINGS = (".csv", ".json", ".npz")

OWN = ("input", "class", "name", "probability", "label")
"""What tables and archives say of an answer in columns and arrays of these names, whatever its outputs are called."""
Answers = Sequence[Mapping[str, Any]]


def check_ending(path: str) -> None:
    """Raise DiagnosticError E501 unless a file's name says how to write it."""
    if Path(path).suffix.lower() not in ENDINGS:
        help = f"end it with one of {', '.join(ENDINGS)}"
        raise DiagnosticError(Diagnostic("E501", f"{path} is of no format that answers are written in", help=help))


def write_answers(path: Path, answers: Answers) -> None:
    """Write all answers, atomically; raises DiagnosticError E562.

    A table has a line for each input: the likeliest class and the probabilities, or every output's numbers.
    """
    write = {".csv": _csv, ".json": _json, ".npz": _npz}[path.suffix.lower()]
    write_atomic(path, write(answers), elsewhere="give `--out` a place that can be written")


def _json(answers: Answers) -> bytes:
    return (answered({"version": 1, "predictions": list(answers)}, 2) + "\n").encode()


def _csv(answers: Answers) -> bytes:
    names = _Names()
    rows = [_row(answer, names) for answer in answers]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    table = csv.DictWriter(text, columns, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return encoded(text.getvalue())


class _Names:
    """The columns of outputs' numbers: two numbers share none, and none is one of OWN."""

    def __init__(self) -> None:
        self._given: dict[tuple[str, int | None], str] = {}
        self._taken = set(OWN)

    def of(self, output: str, at: int | None = None) -> str:
        """The column of an output's only number, or of that at a place of it; `output.` in front tells it apart."""
        if (output, at) not in self._given:
            name = output if at is None else f"{output}{at}"
            while name in self._taken:
                name = f"output.{name}"
            self._given[output, at] = name
            self._taken.add(name)
        return self._given[output, at]


def _row(answer: Mapping[str, Any], names: _Names) -> dict[str, Any]:
    row = {"input": answer["input"]}
    if "classes" in answer:
        row |= {"class": _called(answer["classes"][0])}
        row |= {f"probability {_called(item)}": item["probability"] for item in answer["classes"]}
    for name, values in answer.get("outputs", {}).items():
        flat = np.asarray(values).reshape(-1).tolist()
        one = len(flat) == 1
        row |= {names.of(name, None if one else at): value for at, value in enumerate(flat)}
    return row | ({"label": answer["label"]} if "label" in answer else {})


def _called(item: Mapping[str, Any]) -> Any:
    return item["class"] if item["name"] is None else item["name"]


def _npz(answers: Answers) -> bytes:
    arrays: dict[str, Any] = {"input": np.array([answer["input"] for answer in answers])}
    if "classes" in answers[0]:
        arrays["class"] = np.array([answer["classes"][0]["class"] for answer in answers])
        arrays["name"] = np.array([str(_called(answer["classes"][0])) for answer in answers])
        arrays["probability"] = np.array([answer["classes"][0]["probability"] for answer in answers])
    names = _Names()
    for name in answers[0].get("outputs", {}):
        arrays[names.of(name)] = _stacked(name, [answer["outputs"][name] for answer in answers])
    return npz(arrays)


def _stacked(name: str, values: Sequence[Any]) -> np.ndarray:
    """An output of all answers as it was computed: real numbers are float32 where that holds each of them."""
    shapes = sorted({np.shape(value) for value in values})
    if len(shapes) > 1:
        message = f"`{name}` is {list(shapes[0])} for one input and {list(shapes[1])} for another, which are no array"
        raise DiagnosticError(Diagnostic("E501", message, help="end `--out` with .json"))
    found = np.array(values)
    if found.dtype.kind != "f":
        return found
    if found.size and isinstance(np.array(values[0], object).flat[0], int):
        return np.array(values, np.uint64)  # numpy makes real numbers of those past int64
    with np.errstate(over="ignore"):
        single = found.astype(np.float32)
    return single if np.array_equal(single, found, equal_nan=True) else found
