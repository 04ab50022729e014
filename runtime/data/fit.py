"""How a field's rows become an input of the net: order of axes, shape, scale and dtype, decided once before any row."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Sizes = tuple[int, ...]
Wanted = Sequence[int | str]
CHANNELS = (1, 3, 4)


@dataclass(frozen=True, slots=True)
class Fit:
    """What is done to rows [n, *found]: transpose, reshape to [n, *shape], divide by `scale`, cast to `dtype`."""

    shape: Sizes
    dtype: np.dtype[Any]
    axes: Sizes | None = None
    scale: float | None = None

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """The rows as the net takes them, contiguous."""
        if self.axes is not None:
            values = values.transpose(0, *(axis + 1 for axis in self.axes))
        values = values.reshape(len(values), *self.shape)
        if self.scale is not None:
            divided: np.ndarray = np.divide(values, np.float32(self.scale), dtype=np.float32, order="C")
            return (divided if self.dtype.kind == "f" else np.rint(divided)).astype(self.dtype, copy=False)
        return np.ascontiguousarray(values, self.dtype)


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
    """What the text expects of a named size where this one is not it: `a multiple of 16 of at least 32`; else None."""
    assumed = port.get("sizes", {}).get(name)
    if assumed is None or (size >= assumed["minimum"] and size % assumed["divisor"] == 0):
        return None
    multiple = f"a multiple of {assumed['divisor']}" if assumed["divisor"] > 1 else "a size"
    return f"{multiple} of at least {assumed['minimum']}" if assumed["minimum"] > assumed["divisor"] else multiple
