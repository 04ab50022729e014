"""Text of delimited values as columns: which dialect it is, then numbers as float64 and everything else as text."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.grammar.opening import read_file
from netc.runtime.data.errors import SHOWN, damaged, error, finding, unreadable
from netc.runtime.data.tables.columns import is_number
from netc.runtime.data.tables.decimals import as_numbers, has_decimal_commas
from netc.runtime.data.tables.plain_numbers import read_plain

DELIMITERS = ",;\t|"
SAMPLE = 20
HEAD = 1 << 20


@dataclass(frozen=True, slots=True)
class Table:
    """Columns by name; `lines` holds the line of the file that each row ends on."""

    columns: dict[str, np.ndarray]
    lines: np.ndarray


def read_delimited(path: Path) -> Table:
    """The columns of a file; raises E500, E502 for bytes that are no text, E508, E511 for lines that don't fit."""
    text = _text(path)
    delimiter = _delimiter(text)
    return _plain(path, text, delimiter) or _general(path, text, delimiter)


def _plain(path: Path, text: str, delimiter: str) -> Table | None:
    """The fast way, for a body without quotes and empty lines; None where it isn't one."""
    line, newline, rest = text.partition("\n")
    body = rest.encode()
    if b"\r" in body:
        body = body.replace(b"\r\n", b"\n")
    body = body.rstrip(b"\n") + b"\n"
    if not newline or len(body) == 1 or b'"' in body or b"\r" in body or line.count('"') % 2:
        return None
    try:
        names = _names(path, next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), []))
    except csv.Error:  # a line ends within it, as lines of old systems did
        return None

    def convert(texts: list[list[str]]) -> list[np.ndarray]:
        commas = has_decimal_commas(texts, certain=delimiter != ",")
        return [as_numbers(values, commas) for values in texts]

    columns = read_plain(body, delimiter, len(names), convert) if names else None
    if columns is None:
        return None
    return Table(dict(zip(names, columns, strict=True)), np.arange(2, 2 + len(columns[0])))


def _general(path: Path, text: str, delimiter: str) -> Table:
    """Any text of the dialect, a line at a time."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    findings: list[Diagnostic] = []
    try:
        names = _names(path, next(reader, []))
        for row in reader:
            if not row:
                continue
            if len(row) != len(names):
                findings.append(_ragged(path, reader.line_num, len(row), len(names)))
                if len(findings) >= SHOWN:
                    break
                continue
            rows.append(row)
            lines.append(reader.line_num)
    except csv.Error as reason:
        raise damaged(path, f"line {reader.line_num}: {reason}") from None
    if findings:
        raise DiagnosticError(findings)
    if not rows:
        raise error("E508", f"{path} has no rows", help="give it a line of column names and a line for each example")
    return Table(_columns(names, list(zip(*rows, strict=True)), delimiter), np.array(lines))


def _columns(names: Sequence[str], texts: Sequence[Sequence[str]], delimiter: str) -> dict[str, np.ndarray]:
    commas = has_decimal_commas(texts, certain=delimiter != ",")
    return {name: as_numbers(values, commas) for name, values in zip(names, texts, strict=True)}


def _text(path: Path) -> str:
    try:
        content = read_file(path)
    except OSError as reason:
        raise unreadable(path, reason) from None
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as reason:
        raise damaged(path, f"byte {reason.start:,} is not UTF-{16 if wide else 8} text") from None


def _delimiter(text: str) -> str:
    """The delimiter that cuts the first lines into most values, equally many in each; quoted ones don't count."""

    head = "".join(line for line, _ in zip(io.StringIO(text[:HEAD], newline=""), range(SAMPLE), strict=False))
    head = head if len(head) < HEAD else text[:HEAD].rpartition("\n")[0] or text

    def rank(delimiter: str) -> tuple[bool, int]:
        reader = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter, skipinitialspace=True)
        try:
            rows = [row for row, _ in zip(reader, range(SAMPLE), strict=False) if row]
        except csv.Error:
            return False, 0
        if not rows:
            return False, 0
        return len({len(row) for row in rows}) == 1 < len(rows[0]), len(rows[0])

    return max(DELIMITERS, key=rank)


def _names(path: Path, header: list[str]) -> list[str]:
    names = [name.strip() for name in header]
    if all(is_number(name) for name in names if name) and any(names):
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


def _ragged(path: Path, line: int, found: int, expected: int) -> Diagnostic:
    return finding(
        "E511",
        f"{path}, line {line} has {counted(found, 'value')}, expected {expected} as in its header",
        help="give every line one value a column",
    )
