"""Slices of axes whose size only a run knows: first index and number are what Python's own slices give."""

from __future__ import annotations

from itertools import product

import pytest

from netc.compiler.ir.dims import Dim, Size, substitute, symbols
from netc.compiler.ops.slicing import TO_THE_END, slice_range

T = Dim.symbol("T")
SIZES = range(5, 12)


def in_python(size: int, start: int, stop: int, step: int) -> tuple[int, int]:
    indices = range(*slice(start, None if abs(stop) >= TO_THE_END else stop, step).indices(size))
    return indices.start, len(indices)


def at(given: Size, size: int) -> Size:
    """A size where T is a number."""
    (symbol,) = symbols(T)
    return substitute(given, {symbol: size})


DRAWN = [
    *product((0, 1, 2, -1, -3), (1, 3, 5, -1, -2, TO_THE_END), (1, 2, 3)),
    *product((0, 2, 4, -1, -3), (-1, -2, -4, 0, 1, -TO_THE_END), (-1, -2, -3)),
]
FULL = [one for one in DRAWN if all(in_python(size, *one)[1] for size in SIZES)]
"""Slices that have elements whatever the size: of others the number would be below 0, and is refused."""


@pytest.mark.parametrize(("start", "stop", "step"), FULL)
def test_an_open_size(start: int, stop: int, step: int) -> None:
    first, count = slice_range(T, start, stop, step)
    for size in SIZES:
        assert (at(first, size), at(count, size)) == in_python(size, start, stop, step)


@pytest.mark.parametrize("step", [1, 2])
def test_open_bounds(step: int) -> None:
    first, count = slice_range(T + 3, T - 2, T + 1, step)
    for size in SIZES:
        assert (at(first, size), at(count, size)) == in_python(size + 3, size - 2, size + 1, step)


def test_a_stop_past_an_open_end() -> None:
    first, count = slice_range(T, 1, T + 4, 1)
    for size in SIZES:
        assert (at(first, size), at(count, size)) == in_python(size, 1, size + 4, 1)


def test_a_stop_before_the_beginning() -> None:
    first, count = slice_range(T, 3, -4 - T, -1)
    for size in SIZES:
        assert (at(first, size), at(count, size)) == in_python(size, 3, -4 - size, -1)
