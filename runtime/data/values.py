"""Every value of every row, checked before training: labels in range, whole numbers where needed, nothing NaN."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from netc.compiler import LabelRowForm
from netc.grammar.counted import bounded, counted
from netc.grammar.diagnostics import Diagnostic
from netc.runtime.data.dataset import Field
from netc.runtime.data.errors import finding, others
from netc.runtime.data.label_rows import ADVICE_FOR_BLANKS, ADVICE_FOR_STEPS, blanks, steps_for, steps_of, too_many

CHUNK = 1 << 22
ROUNDING = 1e-5
"""How far outside its bounds a number may be that float32 rounded, as a share of them."""
LARGEST = float(np.finfo(np.float32).max)
ADVICE_FOR_ROWS = "number what it looks up from 0, or give the table as many rows as the data has numbers"
ADVICE_FOR_BOUNDS = "bring the numbers there (divide bytes by 255), or take a loss for any number, such as mse"
ADVICE_FOR_WEIGHTS = "give 0 to what doesn't count, and more to what does: a mean is divided by the sum of its weights"
Where = Callable[[int, int], str]


def check_values(
    values: Field,
    where: Where,
    port: Mapping[str, Any],
    class_names: tuple[str, ...] | None,
    sizes: Mapping[str, int],
) -> list[Diagnostic]:
    """Findings about one field of one part: at most one of each kind, naming the first row that has it.

    where  (row, place in the row) -> where that value stands;  sizes: of the inputs, where they are open, by name
    """
    if not isinstance(values, np.ndarray):
        return check_whole(values, where, port)  # levels of images on disk are finite
    findings = check_finite(values, where, port)
    if findings:
        return findings
    findings = check_whole(values, where, port)
    if not findings and (count := port.get("rows")) is not None:
        return _find(
            values,
            where,
            lambda rows: (rows < 0) | (rows >= count),
            "E505",
            f"0 to {count - 1:,} for `{port['name']}`: the table that it chooses from {has_rows(count)}",
            ADVICE_FOR_ROWS,
        )
    if not findings and (between := port.get("between")) is not None:
        return _find(
            values,
            where,
            lambda rows: outside(rows, *between),
            "E505",
            f"{bounded(*between)} for `{port['name']}`",
            advice_for_bounds(port),
        )
    classes = port.get("classes")
    if findings or classes is None:
        return findings
    expected = f"0 to {classes - 1} for the {counted(classes, 'class', 'classes')} of `{port['name']}`"
    advice = "count classes from 0, or give the net as many classes as the data has"
    if class_names and len(class_names) > classes:
        advice = f"give the net {counted(len(class_names), 'class', 'classes')}, as the data has"
    ignored = port.get("ignored")
    if ignored is not None:
        expected += f", or {ignored}"
    findings = _find(
        values, where, lambda rows: ((rows < 0) | (rows >= classes)) & (rows != ignored), "E505", expected, advice
    )
    row = port.get("row")
    return findings if findings or row is None else _check_label_rows(values, where, port["name"], row, sizes)


def _check_label_rows(
    values: np.ndarray, where: Where, name: str, row: LabelRowForm, sizes: Mapping[str, int]
) -> list[Diagnostic]:
    blank = f"labels of `{name}` other than the blank, up to the {row['end']} that ends a row"
    findings = _find(values, where, lambda rows: blanks(rows, row), "E505", blank, ADVICE_FOR_BLANKS)
    steps = steps_of(row, sizes)
    if findings or steps is None:
        return findings
    wrong: list[tuple[int, int, int]] = []
    for start, rows in _chunks(values):
        labels, needed = steps_for(rows, row)
        wrong += [(start + int(at), int(labels[at]), int(needed[at])) for at in np.flatnonzero(needed > steps)]
    if not wrong:
        return []
    first, labels_there, needed_there = wrong[0]
    message = f"{where(first, 0)} has {too_many(labels_there, needed_there, steps)} for `{name}`"
    return [finding("E505", message, *others(len(wrong) - 1), help=ADVICE_FOR_STEPS)]


def check_finite(values: np.ndarray, where: Where, port: Mapping[str, Any]) -> list[Diagnostic]:
    """E506 for NaN and infinity, and for numbers that float32 has no place for, where the port is of that type."""
    if values.dtype.kind != "f":
        return []
    advice = "repair the row or leave it out"
    findings = _find(values, where, lambda rows: ~np.isfinite(rows), "E506", "a finite number", advice)
    return findings or check_held(values, where, port)


def check_whole(values: Field, where: Where, port: Mapping[str, Any]) -> list[Diagnostic]:
    """E505 for numbers of which the port's type of whole numbers would make others."""
    wanted, is_array = np.dtype(port["dtype"]), isinstance(values, np.ndarray)
    if wanted.kind not in "iu" or np.can_cast(values.dtype, wanted) or (wanted == np.uint8 and not is_array):
        return []
    expected = f"a whole number for `{port['name']}`"
    return _find(values, where, _not_whole, "E505", expected, "save whole numbers") or _find(
        values, where, lambda rows: _too_large(rows, port["dtype"]), "E505",
        f"a number that {port['dtype']} holds for `{port['name']}`", "save smaller numbers",
    )  # fmt: skip


def check_kept(values: Field, where: Where, port: Mapping[str, Any]) -> list[Diagnostic]:
    """E505 and E506 for numbers that the port's type has no place for; NaN and infinity are kept where it is real."""
    held = check_held(values, where, port) if isinstance(values, np.ndarray) else []
    return held + check_whole(values, where, port)


def check_held(values: np.ndarray, where: Where, port: Mapping[str, Any]) -> list[Diagnostic]:
    """E506 for numbers that float32 has no place for, where the port is of that type."""
    if values.dtype.kind != "f" or values.dtype.itemsize <= 4 or port["dtype"] != "float32":
        return []
    expected = f"a number that float32 holds, up to {LARGEST:.3g}"
    advice = "divide the numbers by a power of ten"
    return _find(values, where, lambda rows: np.isfinite(rows) & (np.abs(rows) > LARGEST), "E506", expected, advice)


def advice_for_bounds(port: Mapping[str, Any]) -> str:
    """What to do about numbers outside those that a loss has a meaning for, or that weigh."""
    return ADVICE_FOR_WEIGHTS if port.get("weighs") else ADVICE_FOR_BOUNDS


def outside(rows: np.ndarray, low: float | None, high: float | None) -> np.ndarray:
    """Which numbers lie outside these bounds, and not by rounding."""
    slack = ROUNDING * max(abs(bound) for bound in (low, high) if bound is not None)
    wrong = np.zeros(rows.shape, bool)
    if low is not None:
        wrong |= rows < low - slack
    if high is not None:
        wrong |= rows > high + slack
    return wrong


def has_rows(count: int) -> str:
    """What a table has that numbers are looked up in."""
    return f"has {counted(count, 'row')}"


def _too_large(rows: np.ndarray, dtype: str) -> np.ndarray:
    """Which numbers a type of whole numbers has no place for; bytes are made of larger ones by the scale of images."""
    if dtype == "uint8" or np.can_cast(rows.dtype, dtype):
        return np.zeros(rows.shape, bool)
    held = np.iinfo(dtype)
    wrong: np.ndarray = (rows < held.min) | (rows > held.max)
    return wrong


def _not_whole(rows: np.ndarray) -> np.ndarray:
    if rows.dtype.kind != "f":
        return np.zeros(rows.shape, bool)
    wrong: np.ndarray = (rows != np.rint(rows)) | (np.abs(rows) >= 2**53)
    return wrong


def _find(
    values: Field,
    where: Where,
    is_bad: Callable[[np.ndarray], np.ndarray],
    code: str,
    expected: str,
    advice: str,
) -> list[Diagnostic]:
    first: tuple[int, int, Any] | None = None
    count = 0
    for start, rows in _chunks(values):
        bad = is_bad(_wide(rows)).reshape(len(rows), -1)
        wrong = np.flatnonzero(bad.any(axis=1))
        count += len(wrong)
        if len(wrong) and first is None:
            row = int(wrong[0])
            at = int(np.argmax(bad[row]))
            first = (start + row, at, rows[row].reshape(-1)[at])
    if first is None:
        return []
    row, at, value = first
    whole = np.isfinite(value) and abs(_wide(value)) < 1e16 and value == int(value)
    shown = int(value) if whole else value
    return [finding(code, f"{where(row, at)} is {shown}, expected {expected}", *others(count - 1), help=advice)]


def _wide(rows: Any) -> Any:
    """Numbers of 16 bits with 32: numpy rounds what it compares them with to their type, a limit of 5,001 to 5,000."""
    return rows.astype(np.float32) if rows.dtype == np.float16 else rows


def _chunks(values: Field) -> Iterator[tuple[int, np.ndarray]]:
    step = max(1, CHUNK // max(1, values[:1].size))
    for start in range(0, len(values), step):
        yield start, values[start : start + step]
