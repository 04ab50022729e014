"""Slices of axes whose size only a run knows: first index and number are what Python's own slices give."""

from __future__ import annotations

from itertools import product

import pytest

from netc.compiler.ir.dims import Dim, Size, substitute, symbols
from netc.compiler.ops.checks import surely_less
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
    *product((0, 1, 2, -1, -3), (0, 1, 3, 5, -1, -2, TO_THE_END), (1, 2, 3)),
    *product((0, 2, 4, -1, -3), (-1, -2, -4, 0, 1, -TO_THE_END), (-1, -2, -3)),
]
FULL = [one for one in DRAWN if all(in_python(size, *one)[1] for size in SIZES)]
"""Slices that have elements whatever the size."""

EMPTY = [
    (start, stop, step) for start, stop, step in DRAWN
    if (start < 0) == (stop < 0) and not any(in_python(size, start, stop, step)[1] for size in SIZES)
]  # fmt: skip
"""Those that have none, counted from one end: the number may be below 0, and the slice is refused by it."""


@pytest.mark.parametrize("step", [1, 2, 3, -1, -2, -3])
def test_an_open_size(step: int) -> None:
    wrong = []
    for start, stop in [one[:2] for one in FULL if one[2] == step]:
        first, count = slice_range(T, start, stop, step)
        wrong += [
            (start, stop, size) for size in SIZES
            if (at(first, size), at(count, size)) != in_python(size, start, stop, step)
        ]  # fmt: skip
    assert wrong == []


@pytest.mark.parametrize("step", [1, 2, 3, -1, -2, -3])
def test_an_empty_slice_of_an_open_size(step: int) -> None:
    some = [one[:2] for one in EMPTY if one[2] == step]
    assert some
    wrong = [(start, stop) for start, stop in some if not surely_less(slice_range(T, start, stop, step)[1], 1)]
    assert wrong == []


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
    for before in (1, 2, 3, 4):
        first, count = slice_range(T, 3, -before - T, -1)
        for size in SIZES:
            assert (at(first, size), at(count, size)) == in_python(size, 3, -before - size, -1)
