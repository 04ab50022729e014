"""Delimited text without quotes, a chunk of bytes at a time: fields are found and their digits added up by numpy.

A value of up to 18 digits with a sign and a point is read here; whatever else a field holds (text, an exponent, spaces,
a decimal comma) is left to Python, column by column.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

CHUNK = 1 << 18
NEWLINE, POINT, PLUS, MINUS, ZERO = b"\n.+-0"
DIGITS = 18
EXACT = 1 << 53
POWERS = 10.0 ** np.arange(DIGITS + 1)


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Whole lines from byte `start` to `end`, the first of which is row `row`."""

    start: int
    end: int
    row: int
    rows: int


def read_plain(
    body: bytes, delimiter: str, columns: int, convert: Callable[[list[list[str]]], list[np.ndarray]]
) -> list[np.ndarray] | None:
    """The columns of lines that end in a newline each, or None where a line is empty or has more or fewer values.

    convert  makes columns of the texts of those that hold anything but plain numbers
    """
    data = np.frombuffer(body, np.uint8)
    chunks = _chunks(body)
    found = np.empty((columns, sum(chunk.rows for chunk in chunks)))

    def read(chunk: _Chunk) -> np.ndarray | None:
        part = data[chunk.start : chunk.end]
        ends = _ends(part, ord(delimiter), columns)
        if ends is None:
            return None
        values, odd = _numbers(part, ends)
        found[:, chunk.row : chunk.row + chunk.rows] = values.reshape(-1, columns).T
        by_column: np.ndarray = np.asarray(odd.reshape(-1, columns).any(axis=0))
        return by_column

    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        odd = list(pool.map(read, chunks))
    if any(part is None for part in odd):
        return None
    texts = np.flatnonzero(np.any([part for part in odd if part is not None], axis=0)).tolist()
    answer = list(found)
    if texts:
        gathered = _texts(body, data, chunks, ord(delimiter), columns, texts)
        for at, values in zip(texts, convert(gathered), strict=True):
            answer[at] = values
    return answer


def _chunks(body: bytes) -> list[_Chunk]:
    chunks: list[_Chunk] = []
    start = row = 0
    while start < len(body):
        end = body.find(b"\n", min(start + CHUNK, len(body) - 1)) + 1
        rows = body.count(b"\n", start, end)
        chunks.append(_Chunk(start, end, row, rows))
        start, row = end, row + rows
    return chunks


def _ends(part: np.ndarray, delimiter: int, columns: int) -> np.ndarray | None:
    """Where each field ends, or None unless every line has that many."""
    newline = part == NEWLINE
    ends = np.flatnonzero(newline | (part == delimiter)).astype(np.int32)
    if len(ends) % columns:
        return None
    last = newline[ends].reshape(-1, columns)
    if not last[:, -1].all() or last[:, :-1].any():
        return None
    return None if columns == 1 and (np.diff(ends, prepend=-1) == 1).any() else ends


def _numbers(part: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The value of each field, and which fields are no plain numbers."""
    starts = np.empty_like(ends)
    starts[0] = 0
    np.add(ends[:-1], 1, out=starts[1:])
    lengths = ends - starts
    first = part[starts]
    digit = first - np.uint8(ZERO)
    signed = (first == MINUS) | (first == PLUS)
    pointed = first == POINT
    odd = (digit > 9) & ~signed & ~pointed
    whole = np.where(digit > 9, 0, digit).astype(np.int64)
    fraction = np.zeros(len(ends), np.int8)
    active = np.flatnonzero((lengths > 1) & ~odd & (lengths <= DIGITS + 2))
    for at in range(1, DIGITS + 2):
        if not len(active):
            break
        character = part[starts[active] + at]
        digit = character - np.uint8(ZERO)
        before, after = whole[active], pointed[active]
        if (is_digit := digit <= 9).all():
            whole[active] = before * 10 + digit
            fraction[active] += after
        else:
            whole[active] = np.where(is_digit, before * 10 + digit, before)
            fraction[active] += is_digit & after
            is_point = character == POINT
            pointed[active] = after | is_point
            odd[active] |= ~is_digit & (~is_point | after)
        active = active[lengths[active] > at + 1]
    digits = lengths - signed - pointed
    odd |= (digits < 1) | (digits > DIGITS)
    if not pointed.any():
        values = whole.astype(np.float64)
    else:
        values = whole / POWERS[np.minimum(fraction, DIGITS)]
    if len(long := np.flatnonzero(whole >= EXACT)):  # more digits than a double holds: divided before it is rounded
        values[long] = whole[long].astype(np.longdouble) / POWERS[np.minimum(fraction[long], DIGITS)]
    np.negative(values, out=values, where=first == MINUS)
    return values, odd


def _texts(
    body: bytes, data: np.ndarray, chunks: Sequence[_Chunk], delimiter: int, columns: int, wanted: Sequence[int]
) -> list[list[str]]:
    """The texts of these columns."""
    gathered: list[list[str]] = [[] for _ in wanted]
    for chunk in chunks:
        ends = np.flatnonzero(np.isin(data[chunk.start : chunk.end], (delimiter, NEWLINE))) + chunk.start
        starts = np.concatenate(([chunk.start], ends[:-1] + 1)).reshape(-1, columns)
        stops = ends.reshape(-1, columns)
        for texts, at in zip(gathered, wanted, strict=True):
            pairs = zip(starts[:, at].tolist(), stops[:, at].tolist(), strict=True)
            texts += [body[start:stop].decode() for start, stop in pairs]
    return gathered
