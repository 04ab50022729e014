"""Answers of a network as files with pictures, for `netc predict --draw`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from netc.compiler import said
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.runtime.data.inputs import Inputs
from netc.runtime.folder.files import make_folder, write_atomic
from netc.runtime.runs.deployed import Deployed
from netc.runtime.sessions.resident import Array
from netc.runtime.show.draw import LEAST, MOST, Meaning, drawings, grid, png

SHEET = ".png"


def check_place(path: str) -> None:
    """Raise DiagnosticError E501 unless a name is that of a .png file or of a folder."""
    if Path(path).suffix.lower() not in ("", SHEET) and not Path(path).is_dir():
        help = f"end it with {SHEET}, or name a folder"
        raise DiagnosticError(Diagnostic("E501", f"{path} is of no format that drawings are written in", help=help))


def draw_answers(
    path: Path,
    network: Deployed,
    examples: Inputs,
    answered: Sequence[Mapping[str, Array]],
    labels: Sequence[Any],
    kind: str | None = None,
    names: Sequence[str] | None = None,
    least: float | None = None,
) -> Iterator[str]:
    """Write one sheet with up to MOST rows, or into a folder a file for each row; says what was written.

    answered  outputs by name, of each batch;  labels: the right answer of each row, or None

    Raises DiagnosticError E571 for outputs that can't be drawn so, E562 where nothing can be written.
    """
    one = path.suffix.lower() == SHEET and not path.is_dir()
    rows = min(len(examples.names), MOST) if one else len(examples.names)
    drawn = drawings(
        {name: values[:rows] for name, values in examples.arrays.items()},
        {name: values[:rows] for name, values in _by_row(network, answered, len(examples.names)).items()},
        _meaning(network, names),
        kind,
        [_title(name, label) for name, label in zip(examples.names[:rows], labels, strict=False)],
        LEAST if least is None else least,
    )
    elsewhere = "give `--draw` a place that can be written"
    if one:
        make_folder(path.parent, elsewhere)
        write_atomic(path, png(grid(drawn)), elsewhere)
        of_all = "" if rows == len(examples.names) else f" of {len(examples.names):,}; a folder takes all"
        yield f"drew {path}: {counted(rows, 'answer')}{of_all}"
        return
    make_folder(path, elsewhere)
    for name, picture in zip(_file_names(examples.names), drawn, strict=True):
        write_atomic(path / name, png(picture), elsewhere)
    yield f"drew {counted(rows, 'answer')} into {path}"


def _by_row(network: Deployed, answered: Sequence[Mapping[str, Array]], rows: int) -> dict[str, Array]:
    """The outputs that have a row for each input; of a model from elsewhere not all need to."""
    found = {}
    for name in network.outputs:
        parts = [np.asarray(part[name]) for part in answered if name in part]
        alike = all(part.ndim and part.shape[1:] == parts[0].shape[1:] for part in parts)
        if len(parts) == len(answered) and alike and sum(map(len, parts)) == rows:
            found[name] = np.concatenate(parts)
    return found


def _meaning(network: Deployed, names: Sequence[str] | None) -> Meaning:
    known = tuple(names if names is not None else network.class_names or ())
    if network.scorer is None or network.scorer.manifest is None:
        return Meaning(known)
    ports = network.scorer.manifest["inputs"]
    counts = frozenset(port["classes"] for port in ports if port["role"] == "target" and "classes" in port)
    return Meaning(known, counts, tuple(said(port) for port in ports if port["role"] == "prediction"))


def _title(name: str, label: Any) -> str:
    return name if label is None else f"{name} (label {label})"


def _file_names(names: Sequence[str]) -> list[str]:
    """A file's name for each row, no two alike."""
    found: list[str] = []
    taken: set[str] = set()
    for name in names:
        plain = re.sub(r"[^\w.-]+", "-", name.removesuffix(SHEET)).strip("-.") or "answer"
        at, free = 1, plain
        while free.lower() in taken:
            at += 1
            free = f"{plain}-{at}"
        taken.add(free.lower())
        found.append(f"{free}{SHEET}")
    return found
