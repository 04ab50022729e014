"""Columns of a table: which of them hold numbers, and how several become one array."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.runtime.data.dataset import Split
from netc.runtime.data.errors import finding
from netc.runtime.data.labels import holds_text
from netc.runtime.data.tables.decimals import number, numbers_of

_NUMBER = re.compile(r"(\d+)")
_MARKED = re.compile(r"^[-+]?\d[\d.,]*$", re.ASCII)


def is_number(text: str) -> bool:
    """Whether a text is a number, NaN and infinity included."""
    try:
        number(text)
    except ValueError:
        return False
    return True


def means_numbers(values: np.ndarray) -> bool:
    """Whether a column is one of numbers, though some values may be missing, mistyped or of unclear marks (`1,500`)."""
    if not holds_text(values):
        return True
    return 2 * sum(is_number(text) or bool(_MARKED.match(text)) for text in values.tolist()) >= len(values) > 0


def as_numbers(values: np.ndarray) -> np.ndarray:
    """Texts that are numbers, all of them, as numbers: what made the column one of texts stands in another part."""
    found = numbers_of(values.tolist()) if holds_text(values) else None
    return values if found is None else found


def stack(split: Split, names: Sequence[str], *, whole: bool = False) -> np.ndarray:
    """These columns [rows, columns] as float32; raises E511 for each that has a value which is no number.

    As float64 where float32 has no place for one, so that whoever checks them sees it; for an input of `whole` numbers
    also where it would make another of one.
    """
    columns = [as_numbers(np.asarray(split.fields[name])) for name in names]
    findings = [no_number(split, name) for name, values in zip(names, columns, strict=True) if holds_text(values)]
    if findings:
        raise DiagnosticError(findings)
    fits = all(_is_single(values, exactly=whole) for values in columns)
    matrix = np.empty((len(names), len(split)), np.float32 if fits else np.float64)
    for at, values in enumerate(columns):
        matrix[at] = values
    return np.ascontiguousarray(matrix.T)


def _is_single(values: np.ndarray, *, exactly: bool) -> bool:
    """Whether float32 has a place for every number, or has it `exactly`."""
    with np.errstate(over="ignore", invalid="ignore"):
        single = values.astype(np.float32)
        again = single.astype(values.dtype)
    if exactly:
        return bool(((again == values) | ~np.isfinite(values)).all())
    return bool((np.isfinite(single) == np.isfinite(values)).all())


def no_number(split: Split, name: str, help: str | None = None) -> Diagnostic:
    """The finding for the first value of a column that is no number, by default with advice for an input."""
    texts = np.asarray(split.fields[name]).tolist()
    row = next(at for at, text in enumerate(texts) if not is_number(text))
    found = f"`{texts[row].strip()[:40]}`" if texts[row].strip() else "nothing"
    return finding(
        "E511",
        f"{split.place(name, row)} holds {found}, expected a number",
        help=help or f"repair the value, or leave the column out: `:drop={name}` after the data's name",
    )


def in_order(names: Sequence[str]) -> tuple[str, ...]:
    """Columns that differ in their numbers alone (`p1`, `p10`, `p2`; `1x1`, `1x2`) by number, others as they stand."""
    pieces = [_NUMBER.split(name) for name in names]
    if len({tuple(piece[::2]) for piece in pieces}) > 1 or any(len(piece) < 2 for piece in pieces):
        return tuple(names)
    order = sorted(range(len(names)), key=lambda at: [int(number) for number in pieces[at][1::2]])
    return tuple(names[at] for at in order)


def group(names: Sequence[str], prefix: str) -> tuple[str, ...]:
    """The columns called `prefix0`, `prefix_1`, …, by number."""
    member = re.compile(rf"^{re.escape(prefix)}[_.]?[0-9]+$")
    return in_order([name for name in names if member.match(name)])
