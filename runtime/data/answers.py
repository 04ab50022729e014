"""Labels that lie beside the examples which `netc predict` is asked about, as the model numbers its classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.data.array_input import Reader
from netc.runtime.data.arrays import PARTS, class_names
from netc.runtime.data.cards.card import Card, TargetCard
from netc.runtime.data.classes import numbered
from netc.runtime.data.dataset import DataSet, Split

UNKNOWN = -1


def target_of(card: Card, ports: Sequence[Mapping[str, Any]]) -> tuple[TargetCard | None, int | None]:
    """The first target of classes, by the card or else by what the model compares, and the label its loss ignores."""
    for port in ports:
        if port["role"] == "target" and "classes" in port:
            made = TargetCard(port["name"], port["name"], "classes", port["classes"])
            return card.target(port["name"]) or made, port.get("ignored")
    return None, None


def folder_of(file: Path, folder: Path) -> str | None:
    """The subfolder that a file lies in, after one for a part: `test/cat/1.png` is in `cat`."""
    above = file.relative_to(folder).parts[:-1]
    names = above[1:] if above and above[0].lower() in PARTS else above
    return names[0] if names else None


def of_folder(reader: Reader, name: str | None) -> np.ndarray | None:
    """The label of an image in a folder of that name, None where the model has no such class."""
    classes = None if reader.target is None else reader.target.classes
    return None if classes is None or name not in classes else np.array([classes.index(name)])


def of_data(reader: Reader, data: DataSet) -> np.ndarray | None:
    """The labels of all rows, part by part."""
    if reader.target is None:
        return None
    source = data.options.target or reader.target.source
    found = [_of_split(reader, split, source, data.classes.get(source)) for split in data.parts.values()]
    return np.concatenate(found)


def of_arrays(reader: Reader, path: Path, arrays: Mapping[str, np.ndarray]) -> np.ndarray | None:
    """The labels in an archive, under the name of the target or that of the array it was trained on."""
    if reader.target is None:
        return None
    source = next((name for name in (reader.target.name, reader.target.source) if name in arrays), None)
    if source is None or arrays[source].ndim != 1:
        return None
    try:
        said = class_names(path, arrays)
    except DiagnosticError as wrong:
        reader.notes.append(_not_shown(wrong))
        return None
    split = Split({source: arrays[source]}, lambda name, row: f"{path}, {name}" + (f"[{row}]" if row >= 0 else ""))
    return _of_split(reader, split, source, said)


def _of_split(reader: Reader, split: Split, source: str, said: tuple[str, ...] | None) -> np.ndarray:
    """Labels that the model doesn't have are said, and the rows have none then: predictions don't need them.

    A label that the loss ignores is none.
    """
    none = np.full(len(split), UNKNOWN)
    if source not in split.fields or len(split.fields[source].shape) != 1:
        return none
    assert reader.target is not None
    try:
        values = numbered(split, reader.target, source, said, reader.ignored)
    except DiagnosticError as wrong:
        reader.notes.append(_not_shown(wrong))
        return none
    count = reader.target.count or 0
    passed = values == reader.ignored
    fits = passed | ((values == np.rint(values)) & (values >= 0) & (values < count))
    if not fits.all():
        row = int(np.flatnonzero(~fits)[0])
        place = split.place(source, row)
        reader.notes.append(f"labels not shown: {place} is {values[row]:g}, expected 0 to {count - 1}")
        return none
    return np.where(passed, UNKNOWN, values).astype(np.int64)


def _not_shown(wrong: DiagnosticError) -> str:
    return f"labels not shown: {wrong.diagnostics[0].message}"
