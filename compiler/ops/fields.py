"""Receptive fields backwards through one operator: what part of an input a part of its result depends on.

A field has a number for each axis after the batch, how many places there it spans; None is the whole axis. It counts
padding too and is not cut at the size of what it lies in. Channels, which axis 1 mostly is, are an axis like others:
a sequence of words has its places there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import TypeVar

from netc.compiler.ir import Shape, Size, Value

Ints = tuple[int, ...]
Field = tuple[Size | None, ...]
Extent = TypeVar("Extent", Size, Size | None)


def axes_of(x: Value) -> range:
    """The axes that a field has numbers for."""
    return range(1, x.rank)


def everything(x: Value) -> Field:
    """All of an input."""
    return (None,) * len(axes_of(x))


def along(x: Value, field: Field, place: Callable[[int], int | None]) -> Field:
    """The field where axis a of the input is axis place(a) of the result, and the whole axis where that is None."""
    places = map(place, axes_of(x))
    return tuple(None if axis is None or axis < 1 else field[axis - 1] for axis in places)


def broadcast_field(x: Value, y: Value, field: Field) -> Field:
    """The field in an input that broadcasts to the result, axes aligned at the last one."""
    new = y.rank - x.rank
    found = along(x, field, lambda axis: axis + new)
    return tuple(
        1 if x.shape[axis] == 1 != y.shape[axis + new] else size for axis, size in zip(axes_of(x), found, strict=True)
    )


def along_window(field: Field, kernel: Shape, strides: Ints, dilations: Ints | None = None) -> Field:
    """The field where each place of a map reads a window: (r - 1) stride + extent for r places; channels stay."""
    moves = zip(field[1:], kernel, strides, dilations or (1,) * len(strides), strict=True)
    return (*field[:1], *(None if r is None else (r - 1) * s + (k - 1) * d + 1 for r, k, s, d in moves))


def along_spread(field: Field, kernel: Shape, strides: Ints, dilations: Ints | None = None) -> Field:
    """The field where each place of a map goes to a window of the result: as many as reach into r places."""
    moves = zip(field[1:], kernel, strides, dilations or (1,) * len(strides), strict=True)
    return (*field[:1], *(None if r is None else (r - 1 + (k - 1) * d) // s + 1 for r, k, s, d in moves))


def across_channels(field: Field) -> Field:
    """The field of what combines all channels."""
    return (None, *field[1:])


def widest(fields: Iterable[tuple[Extent, ...]]) -> tuple[Extent, ...]:
    """The largest along each axis."""
    return tuple(max(axis, key=_extent) for axis in zip(*fields, strict=True))


def _extent(size: Size | None) -> float:
    return math.inf if size is None else size if isinstance(size, int) else float(1 << 62)
