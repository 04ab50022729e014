"""CSV: the first line names the columns, every other line is an example."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.runtime.data.dataset import Field, Split
from netc.runtime.data.errors import SHOWN, damaged, error, finding, unreadable
from netc.runtime.data.folder import column, survey
from netc.runtime.data.spec import Options

LABELS = ("label", "labels", "y", "target", "class")
PATHS = ("image", "path", "file", "filename", "file_name")
_NUMBERED = re.compile(r"^(.*?)[_.]?([0-9]+)$")


def read_table(path: Path, options: Options) -> Split:
    """One part from a CSV file, delimited by commas, semicolons or tabs.

    Columns `pixel0`, `pixel1`, … make a vector `pixel`; all numbers but the label make `x`; a column of file names
    called image, path or file makes `image`; text in the label column stays text here.
    Raises E500, E502, E508, E511, E512.
    """
    table = _read(path)
    fields: dict[str, Field] = dict(_groups(table.numbers, table.matrix))
    if table.numbers and "x" not in fields:
        fields["x"] = table.matrix
    if table.label is not None:
        fields[table.label] = _labels(table.labels)
    if table.files is not None:
        images = [path.parent / name for name in table.paths]
        _check_files(path, images, table.lines)
        size, channels = survey(images, options)
        fields["image"] = column(images, size, channels, options, len(images))

    def place(name: str, row: int) -> str:
        return f"{path}, column {name}" if row < 0 else f"{path}, line {table.lines[row]}, column {name}"

    return Split(fields, place, frozenset({"image"} if table.files is not None else ()))


@dataclass(slots=True)
class _Table:
    """A file's columns by kind, where they stand, and what they hold; `lines` holds the line each row ends on."""

    names: list[str]
    numbers: list[str]
    label: str | None
    files: str | None
    lines: list[int] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    rows: list[np.ndarray] = field(default_factory=list)

    @property
    def matrix(self) -> np.ndarray:
        return np.stack(self.rows)


def _read(path: Path) -> _Table:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as reason:
        raise unreadable(path, reason) from None
    except UnicodeDecodeError as reason:
        raise damaged(path, f"byte {reason.start:,} is not UTF-8 text") from None
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=text.split("\n", 1)[0].count))
    findings: list[Diagnostic] = []
    try:
        names = _names(path, next(reader, []))
        table: _Table | None = None
        for row in reader:
            if not row:
                continue
            if len(row) != len(names):
                findings.append(_ragged(path, reader.line_num, len(row), len(names)))
            else:
                table = table or _kinds(names, row)
                _add(path, table, row, reader.line_num, findings)
            if len(findings) >= SHOWN:
                break
    except csv.Error as reason:
        raise damaged(path, f"line {reader.line_num}: {reason}") from None
    if findings:
        raise DiagnosticError(findings)
    if table is None:
        raise error("E508", f"{path} has no rows", help="give it a line of column names and a line for each example")
    return table


def _names(path: Path, header: list[str]) -> list[str]:
    names = [name.strip() for name in header]
    if all(_is_number(name) for name in names if name) and any(names):
        raise error(
            "E511",
            f"{path}, line 1 holds numbers, expected the names of the columns",
            help="put a line such as `label,pixel0,pixel1,…` in front",
        )
    seen: set[str] = set()
    for at, name in enumerate(names):
        if not name:
            raise error(
                "E511", f"{path}, line 1: column {at + 1} has no name", help="name every column in the first line"
            )
        if name in seen:
            raise error(
                "E511", f"{path}, line 1: two columns are called `{name}`", help="give every column its own name"
            )
        seen.add(name)
    return names


def _kinds(names: list[str], row: list[str]) -> _Table:
    label = next((name for name in LABELS if name in names), None)
    files = next((name for name in PATHS if name in names and not _is_number(row[names.index(name)])), None)
    return _Table(names, [name for name in names if name not in (label, files)], label, files)


def _add(path: Path, table: _Table, row: list[str], line: int, findings: list[Diagnostic]) -> None:
    texts = row
    for name, values in ((table.label, table.labels), (table.files, table.paths)):
        if name is not None:
            values.append(row[table.names.index(name)].strip())
            if not values[-1]:
                findings.append(_no_number(path, line, name, ""))
    if len(table.numbers) < len(row):
        texts = [text for name, text in zip(table.names, row, strict=True) if name not in (table.label, table.files)]
    try:
        with np.errstate(over="ignore"):
            table.rows.append(np.fromiter(map(float, texts), np.float64, len(texts)).astype(np.float32))
    except ValueError:
        wrong = next(at for at, text in enumerate(texts) if not _is_number(text))
        findings.append(_no_number(path, line, table.numbers[wrong], texts[wrong]))
    table.lines.append(line)


def _ragged(path: Path, line: int, found: int, expected: int) -> Diagnostic:
    return finding(
        "E511",
        f"{path}, line {line} has {found} values, expected {expected} as in its header",
        help="give every line one value a column",
    )


def _no_number(path: Path, line: int, name: str, text: str) -> Diagnostic:
    found = f"`{text.strip()[:40]}`" if text.strip() else "nothing"
    return finding(
        "E511",
        f"{path}, line {line}, column {name} holds {found}, expected a value",
        help="repair the value or leave the column out",
    )


def _groups(names: list[str], matrix: np.ndarray) -> dict[str, np.ndarray]:
    members: dict[str, list[int]] = {}
    for at, name in enumerate(names):
        match = _NUMBERED.match(name)
        members.setdefault(match[1] if match and match[1] else name, []).append(at)
    groups = {}
    for name, columns in members.items():
        if len(columns) == 1:
            groups[names[columns[0]]] = matrix[:, columns[0]]
        else:
            neighbours = columns[-1] - columns[0] + 1 == len(columns)
            groups[name] = matrix[:, columns[0] : columns[-1] + 1] if neighbours else matrix[:, columns]
    return groups


def _labels(texts: list[str]) -> np.ndarray:
    if not all(_is_number(text) for text in texts):
        return np.array(texts)
    values = np.array([float(text) for text in texts])
    whole = bool(np.isfinite(values).all()) and bool((values == np.rint(values)).all()) and abs(values).max() < 2**53
    return values.astype(np.int64) if whole else values


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _check_files(path: Path, images: list[Path], lines: list[int]) -> None:
    missing = [
        finding(
            "E500",
            f"{path}, line {line} names {image}, which doesn't exist",
            help="write the images' paths relative to the CSV file",
        )
        for image, line in zip(images, lines, strict=True)
        if not _is_file(image)
    ]
    if missing:
        raise DiagnosticError(missing[:SHOWN])


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
