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
from netc.runtime.folder.files import write_atomic

ENDINGS = (".csv", ".json", ".npz")
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
    rows = [_row(answer) for answer in answers]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    table = csv.DictWriter(text, columns, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return encoded(text.getvalue())


def _row(answer: Mapping[str, Any]) -> dict[str, Any]:
    row = {"input": answer["input"]}
    if "classes" in answer:
        row |= {"class": _called(answer["classes"][0])}
        row |= {f"probability {_called(item)}": item["probability"] for item in answer["classes"]}
    for name, values in answer.get("outputs", {}).items():
        flat = np.asarray(values).reshape(-1).tolist()
        row |= {name: flat[0]} if len(flat) == 1 else {f"{name}{at}": value for at, value in enumerate(flat)}
    return row | ({"label": answer["label"]} if "label" in answer else {})


def _called(item: Mapping[str, Any]) -> Any:
    return item["class"] if item["name"] is None else item["name"]


def _npz(answers: Answers) -> bytes:
    arrays: dict[str, Any] = {"input": np.array([answer["input"] for answer in answers])}
    if "classes" in answers[0]:
        arrays["class"] = np.array([answer["classes"][0]["class"] for answer in answers])
        arrays["name"] = np.array([str(_called(answer["classes"][0])) for answer in answers])
        arrays["probability"] = np.array([answer["classes"][0]["probability"] for answer in answers])
    for name in answers[0].get("outputs", {}):
        arrays[name] = np.array([answer["outputs"][name] for answer in answers], np.float32)
    out = io.BytesIO()
    np.savez(out, **arrays)
    return out.getvalue()
