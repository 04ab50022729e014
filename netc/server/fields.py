"""What the fields of data are called that a train section names, as far as a glance tells: without reading the data."""

from __future__ import annotations

import csv
import zipfile
from pathlib import Path

from netc.grammar.diagnostics import DiagnosticError
from netc.grammar.opening import open_file

FEW = 64
LONGEST = 1 << 16
"""Bytes of the line with the names of columns that are read."""


def fields_of(path: str, data: str) -> list[str]:
    """The columns of a table, the arrays of an `.npz`; nothing of what would have to be read to know."""
    file = Path(path).parent / data
    try:
        if file.suffix in (".csv", ".tsv"):
            with open_file(file) as stream:
                line = stream.readline(LONGEST).decode("utf-8")
            head = next(csv.reader([line], delimiter="\t" if file.suffix == ".tsv" else ","), [])
            return [name.strip() for name in head if name.strip().isidentifier()][:FEW]
        if file.suffix == ".npz":
            with open_file(file) as stream, zipfile.ZipFile(stream) as archive:
                return [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")][:FEW]
    except (OSError, UnicodeDecodeError, csv.Error, zipfile.BadZipFile, DiagnosticError):
        return []
    return []
