"""What the fields of data are called that a train section names, as far as a glance tells: without reading the data."""

from __future__ import annotations

import codecs
import csv
import io
import zipfile
from pathlib import Path

from netc.grammar.diagnostics import DiagnosticError
from netc.grammar.opening import open_file

FEW = 64
LONGEST = 1 << 16
"""Bytes of a table that are read for the names of its columns."""


def fields_of(path: str, data: str) -> list[str]:
    """The columns of a table, the arrays of an `.npz`; nothing of what would have to be read to know."""
    file = Path(path).parent / data
    try:
        if file.suffix in (".csv", ".tsv"):
            with open_file(file) as stream:
                names = _first_row(stream.read(LONGEST), "\t" if file.suffix == ".tsv" else ",")
            return [name.strip() for name in names if name.strip().isidentifier()][:FEW]
        if file.suffix == ".npz":
            with open_file(file) as stream, zipfile.ZipFile(stream) as archive:
                return [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")][:FEW]
    except (OSError, UnicodeDecodeError, csv.Error, zipfile.BadZipFile, DiagnosticError):
        return []
    return []


def _first_row(content: bytes, delimiter: str) -> list[str]:
    """The first row of a table that begins so; where it goes on behind that, without the value that is cut."""
    text = codecs.getincrementaldecoder("utf-8-sig")().decode(content)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    first = next(rows, [])
    is_cut = len(content) == LONGEST and next(rows, None) is None
    return first[:-1] if is_cut else first
