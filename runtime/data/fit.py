"""How a field's rows become an input of the net: order of axes, shape, scale and dtype, decided once before any row."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from netc.compiler import Port, Resize, unmet

Sizes = tuple[int, ...]
Wanted = Sequence[int | str]
CHANNELS = (1, 3, 4)


@dataclass(frozen=True, slots=True)
class Fit:
    """What is done to rows [n, *found]: transpose, reshape to [n, *shape], divide by `scale`, cast to `dtype`.

    At the end maps are brought to `size`, their height and width; a weight of a row holds for all its `positions`.
    """

    shape: Sizes
    dtype: np.dtype[Any]
    axes: Sizes | None = None
    scale: float | None = None
    size: tuple[int, int] | None = None
    positions: Sizes = ()

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """The rows as the net takes them, contiguous."""
        fitted = self._fitted(values)
        if self.positions:
            return np.ascontiguousarray(spread(fitted, self.positions))
        return fitted if self.size is None else resized(fitted, self.size)

    @property
    def row(self) -> Sizes:
        """The shape of a row as the net takes it."""
        if self.positions or self.size is None:
            return self.positions or self.shape
        return with_height_width(self.shape, self.size, self.dtype == np.uint8)

    def _fitted(self, values: np.ndarray) -> np.ndarray:
        if self.axes is not None:
            values = values.transpose(0, *(axis + 1 for axis in self.axes))
        values = values.reshape(len(values), *self.shape)
        if self.scale is not None:
            divided: np.ndarray = np.divide(values, np.float32(self.scale), dtype=np.float32, order="C")
            return (divided if self.dtype.kind == "f" else np.rint(divided)).astype(self.dtype, copy=False)
        return np.ascontiguousarray(values, self.dtype)


def is_of_rows(port: Mapping[str, Any], shape: Sizes) -> bool:
    """Whether an array of this shape has a weight for each example, where the port takes one for each position."""
    return bool(port.get("weighs")) and len(shape) == 1 < len(port["shape"])


def spread(weights: np.ndarray, positions: Sequence[int]) -> np.ndarray:
    """Weights [N] of examples as those of all their positions, a view."""
    return np.broadcast_to(weights.reshape(-1, *(1 for _ in positions)), (len(weights), *positions))


def resized(maps: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Maps of another height and width: [N, C, H, W] of floats, images [N, H, W, C] as bytes, labels [N, H, W]."""
    if height_width(maps.shape[1:], maps.dtype == np.uint8) == size:
        return maps
    change = Resize(size=size)
    drawn = np.zeros((len(maps), 0))
    if maps.ndim == 3:
        return change.change_labels(maps[:, None], drawn)[:, 0]
    if maps.dtype == np.uint8:
        return np.ascontiguousarray(change.change(maps.transpose(0, 3, 1, 2), drawn).transpose(0, 2, 3, 1))
    return change.change(maps, drawn)


def open_sizes(wanted: Wanted, *, as_bytes: bool) -> Wanted:
    """The sizes of a map with any height and width: [C, H, W], or [H, W, C] and [H, W]."""
    first = 0 if as_bytes or len(wanted) == 2 else 1
    return [*wanted[:first], "the height", "the width", *wanted[first + 2 :]]


def with_open_sizes(ports: Sequence[Port]) -> list[Port]:
    """The ports where maps that are resized, and answers as large as one of them, may have any height and width."""
    areas = [_area(port) for port in ports if "resized" in port]
    return [
        _with_open_size(port) if areas and 3 <= len(port["shape"]) <= 4 and _area(port) in areas else port
        for port in ports
    ]


def _with_open_size(port: Port) -> Port:
    """The port with its height and width open."""
    opened = open_sizes(port["shape"][1:], as_bytes=port["dtype"] == "uint8")
    return {**port, "shape": [port["shape"][0], *opened]}


def _area(port: Port) -> Wanted:
    shape = port["shape"][1:]
    first = 0 if port["dtype"] == "uint8" or len(shape) == 2 else 1
    return shape[first : first + 2]


def height_width(shape: Sizes, as_bytes: bool) -> Sizes:
    """Of a map [C, H, W], [H, W, C] of bytes, or [H, W]."""
    return shape[:2] if as_bytes or len(shape) == 2 else shape[1:3]


def with_height_width(shape: Sizes, size: tuple[int, int], as_bytes: bool) -> Sizes:
    """The map's shape with another height and width."""
    first = 0 if as_bytes or len(shape) == 2 else 1
    return (*shape[:first], *size, *shape[first + 2 :])


def fit_shape(
    found: Sizes, wanted: Wanted, *, channels_last: bool, as_bytes: bool
) -> tuple[Sizes, Sizes | None] | None:
    """The shape and the transposition that bring rows of one shape to another, or None where nothing does.

    found          sizes of one row
    wanted         sizes of the net's input without the batch; names stand for any size
    channels_last  whether the field is known to be [H, W, C]; else a last axis of 1, 3 or 4 may say so
    as_bytes       the net takes [H, W, C] itself
    """
    if as_bytes:
        return _fit_bytes(found, wanted, channels_last)
    swapped = (found[2], found[0], found[1]) if len(found) == 3 else None
    looks_last = swapped is not None and (channels_last or (found[2] in CHANNELS and found[0] not in CHANNELS))
    to_first = (2, 0, 1) if looks_last else None
    upright = swapped if looks_last and swapped is not None else found
    if not channels_last and matches(found, wanted):
        return found, None
    if matches(upright, wanted):
        return upright, to_first
    if len(upright) == 2 and matches((1, *upright), wanted):
        return (1, *upright), None
    if len(upright) == 3 and upright[0] == 1 and matches(upright[1:], wanted):
        return upright[1:], to_first
    if all(isinstance(size, int) for size in wanted) and (len(upright) <= 1 or len(wanted) <= 1):
        sizes = tuple(int(size) for size in wanted)
        if math.prod(upright) == math.prod(sizes):
            return sizes, to_first
    return None


def declared(found: Sizes, axes: int, *, as_bytes: bool) -> Sizes:
    """The shape that a net with an input of so many axes would declare for rows of this shape."""
    if axes == 1:
        return (math.prod(found),)
    if axes == 3 and len(found) == 2:
        return (*found, 1) if as_bytes else (1, *found)
    if axes == 3 and len(found) == 3 and not as_bytes and found[2] in CHANNELS and found[0] not in CHANNELS:
        return (found[2], found[0], found[1])
    return found


def _fit_bytes(found: Sizes, wanted: Wanted, channels_last: bool) -> tuple[Sizes, Sizes | None] | None:
    if matches(found, wanted):
        return found, None
    if len(found) == 2 and matches((*found, 1), wanted):
        return (*found, 1), None
    if not channels_last and len(found) == 3 and matches((found[1], found[2], found[0]), wanted):
        return (found[1], found[2], found[0]), (1, 2, 0)
    return None


def matches(found: Sizes, wanted: Wanted) -> bool:
    """Whether sizes are the wanted ones; a name takes any size, and one name the same size everywhere."""
    if len(found) != len(wanted):
        return False
    names: dict[str, int] = {}
    return all(
        names.setdefault(want, size) == size if isinstance(want, str) else want == size
        for size, want in zip(found, wanted, strict=True)
    )


def expectation(port: Mapping[str, Any], name: str, size: int) -> str | None:
    """What the net needs of a named size where this one is not it: `a multiple of 16 of at least 32`; else None."""
    needed = port.get("sizes", {}).get(name)
    return None if needed is None else unmet(needed, size)
