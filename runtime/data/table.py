"""CSV: the first line names the columns, every other line is an example."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.data.columns import is_number
from netc.runtime.data.dataset import Field, Split
from netc.runtime.data.delimited import Table, read_delimited
from netc.runtime.data.errors import SHOWN, finding
from netc.runtime.data.folder import column, survey
from netc.runtime.data.images import SUFFIXES
from netc.runtime.data.spec import Options

PATHS = ("image", "path", "file", "filename", "file_name")


def read_table(path: Path, options: Options) -> Split:
    """One part from a CSV file: a field a column, numbers as float64 and everything else as text.

    A column of file names called image, path or file makes `image`. Which columns make an input is decided when the
    net is known. Raises E500, E502, E508, E511, E512.
    """
    table = read_delimited(path)
    files = next((name for name in PATHS if name in table.columns and _names_images(table, name)), None)
    fields: dict[str, Field] = {name: values for name, values in table.columns.items() if name != files}
    if files is not None:
        images = [path.parent / name.strip() for name in table.columns[files].tolist()]
        _check_files(path, images, table.lines)
        size, channels = survey(images, options)
        fields["image"] = column(images, size, channels, options, len(images))

    def place(name: str, row: int) -> str:
        return f"{path}, column {name}" if row < 0 else f"{path}, line {table.lines[row]}, column {name}"

    columns = tuple(name for name in table.columns if name != files)
    return Split(fields, place, frozenset({"image"} if files is not None else ()), columns)


def _names_images(table: Table, name: str) -> bool:
    first = str(table.columns[name][0])
    return not is_number(first) and Path(first.strip()).suffix.lower() in SUFFIXES


def _check_files(path: Path, images: list[Path], lines: np.ndarray) -> None:
    missing = [
        finding(
            "E500",
            f"{path}, line {line} names {image}, which doesn't exist",
            help="write the images' paths relative to the CSV file",
        )
        for image, line in zip(images, lines.tolist(), strict=True)
        if not _is_file(image)
    ]
    if missing:
        raise DiagnosticError(missing[:SHOWN])


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
