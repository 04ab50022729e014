"""numpy's archives of named arrays, one row an example: parts are told by the arrays' names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from netc.runtime.data.arrays import read_npz
from netc.runtime.data.dataset import Split
from netc.runtime.data.formats.base import FileFormat, Source
from netc.runtime.data.labels import DATA_ALIASES, TARGET_ALIASES
from netc.runtime.data.spec import Options


class Npz(FileFormat):
    """`train_images`, `x_test`, …, or arrays of one part; an array `class_names` names numbered classes."""

    known = "FILE.npz"
    suffixes = (".npz", ".npy")

    def read(self, path: Path, options: Options) -> Source:
        """Raises E501, E502, E503, E504, E507, E508, E509."""
        parts, names = read_npz(path)
        return Source(parts, {} if names is None else dict.fromkeys(_of_classes(parts, len(names)), names))


def _of_classes(parts: Mapping[str, Split], count: int) -> list[str]:
    """The fields that names of so many classes are for: the one called as answers are, else all of class numbers.

    Those of one number a row come first.
    """
    numbers: dict[str, list[np.ndarray]] = {}
    for part in parts.values():
        for name, values in part.fields.items():
            numbers.setdefault(name, []).append(np.asarray(values[:]))
    usual = [name for name in TARGET_ALIASES if name in numbers]
    if usual:
        return usual[:1]
    found = [
        name
        for name, arrays in numbers.items()
        if name not in DATA_ALIASES and all(_are_classes(array, count) for array in arrays)
    ]
    return sorted(found, key=lambda name: numbers[name][0].ndim)


def _are_classes(values: np.ndarray, count: int) -> bool:
    """Whether these are numbers of so many classes, or of none of them, as -1 and 255 customarily are."""
    if values.dtype.kind not in "iu":
        return False
    return bool(((values >= 0) & (values < count) | np.isin(values, (-1, 255))).all())
