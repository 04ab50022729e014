"""numpy's archives of named arrays, one row an example: parts are told by the arrays' names."""

from __future__ import annotations

from pathlib import Path

from netc.runtime.data.arrays import read_npz
from netc.runtime.data.formats.base import FileFormat, Source
from netc.runtime.data.spec import Options


class Npz(FileFormat):
    """`train_images`, `x_test`, …, or arrays of one part; an array `class_names` names numbered classes."""

    known = "FILE.npz"
    suffixes = (".npz", ".npy")

    def read(self, path: Path, options: Options) -> Source:
        """Raises E501, E502, E503, E504, E507, E508, E509."""
        parts, names = read_npz(path)
        return Source(parts, {} if names is None else {"label": names})
