"""Columns of any table as a part of data: numbers as float64, everything else as text, whatever file holds them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.data.dataset import Field, Split, check_lengths
from netc.runtime.data.errors import SHOWN, error, finding
from netc.runtime.data.formats.base import Source
from netc.runtime.data.images.intact import Intact
from netc.runtime.data.images.opened import SUFFIXES
from netc.runtime.data.images.pictures import Pictures, read_pictures
from netc.runtime.data.labels import holds_text
from netc.runtime.data.spec import Options
from netc.runtime.data.tables.columns import is_number

PATHS = ("image", "path", "file", "filename", "file_name")


def table(path: Path, columns: Mapping[str, np.ndarray], where: Callable[[int], str], options: Options) -> Source:
    """One part of a table's columns.

    columns  name -> values, a row each: columns of the table, and arrays of more axes, which are fields of their own
    where    row -> where it stands in the file: "line 7"

    A column of file names called image, path or file makes `image`. Which columns make an input is decided when the
    net is known. Raises E500, E502, E504, E507, E508, E509, E511, E512.
    """

    def place(name: str, row: int) -> str:
        return f"{path}, column {name}" if row < 0 else f"{path}, {where(row)}, column {name}"

    values = {name: _plain(place, name, found) for name, found in columns.items()}
    check_lengths(values, place)
    if not values or not len(next(iter(values.values()))):
        raise error("E508", f"{path} has no rows", help="give it a line for each example")
    files = next((name for name in PATHS if name in values and _names_images(values[name])), None)
    fields: dict[str, Field] = {name: found for name, found in values.items() if name != files}
    images: list[Path] = []
    rows: Sequence[int] = range(len(next(iter(values.values()))))
    pictures, intact = Pictures({}), Intact(options)
    if files is not None:
        images = [path.parent / name.strip() for name in values[files].tolist()]
        _check_files(path, images, where)
        rows = [row for row, image in enumerate(images) if intact.is_intact(image)]
        intact.check_any(path, [images[row] for row in rows])
        images, fields = [images[row] for row in rows], {name: found[rows] for name, found in fields.items()}
        pictures = read_pictures({"all": images}, options)
        fields["image"] = pictures.fields["all"]
    names = tuple(name for name, found in values.items() if name != files and found.ndim == 1)
    last = frozenset({"image"} if files is not None else ())
    where_of = lambda name, row: place(name, rows[row] if row >= 0 else row)
    deep = {"image": pictures.deep["all"]} if pictures.deep else {}
    split = Split(fields, where_of, last, names, pictures.treated, deep)
    read = frozenset({path, *images, *intact.skipped})
    return Source({"all": split}, {}, read, (*pictures.notes, *intact.notes), options=pictures.options)


def _plain(place: Callable[[str, int], str], name: str, values: np.ndarray) -> np.ndarray:
    if values.ndim == 0 or values.dtype.kind not in "biufUO":
        message = f"{place(name, -1)} has dtype {values.dtype}"
        raise error("E507", message, help="save numbers or text, or leave the column out")
    if values.dtype.kind == "O":
        wrong = next((at for at, value in enumerate(values.tolist()) if not isinstance(value, str)), None)
        if wrong is not None:
            message = f"{place(name, wrong)} is {values[wrong]!r:.40}, expected a number or text"
            raise error("E511", message, help="save one kind of values in a column")
    return values if holds_text(values) or values.ndim > 1 else values.astype(np.float64)


def _names_images(values: np.ndarray) -> bool:
    first = str(values[0])
    return holds_text(values) and not is_number(first) and Path(first.strip()).suffix.lower() in SUFFIXES


def _check_files(path: Path, images: list[Path], where: Callable[[int], str]) -> None:
    missing = [
        finding(
            "E500",
            f"{path}, {where(row)} names {image}, which doesn't exist",
            help=f"write the images' paths relative to the {path.suffix[1:].upper()} file",
        )
        for row, image in enumerate(images)
        if not _is_file(image)
    ]
    if missing:
        raise DiagnosticError(missing[:SHOWN])


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
