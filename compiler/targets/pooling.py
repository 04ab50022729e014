"""The gradients of pooling as standard operators, without MaxPool's indices, which are slow or missing elsewhere."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product as combinations

from netc.compiler.ir import Builder, Shape, Tensor, Value
from netc.compiler.ops.slicing import pad_axis
from netc.compiler.ops.window import Ints
from netc.compiler.targets.strides import fit, interleave, scatter, windows


def max_pool_gradient(g: Builder, x: Value, y: Value, dy: Value, *, kernel: Ints, strides: Ints, pads: Ints) -> Value:
    """The maxima along the last axis, then maxima of those along the one before, …, and the gradient all the way back.

    Each axis gives the gradient to its first largest place: so does a scan of the whole window in row-major order.
    """
    stages, _ = maxima(g, x, dy.shape, kernel, strides, pads)
    for stage in reversed(stages):
        i = stage.axis - 2
        dy = scatter(
            g, shared_out(g, stage.places, stage.largest, dy), stage.axis, strides[i], pads[i], x.shape[stage.axis]
        )
    return dy


def scanned_max_pool_gradient(
    g: Builder, x: Value, y: Value, dy: Value, *, kernel: Ints, strides: Ints, pads: Ints
) -> Value:
    """A scan of each window in row-major order: the first place that holds the maximum takes the gradient."""
    axes = len(kernel)
    for i in range(axes):
        x = pad_axis(g, x, i + 2, pads[i], pads[i + axes], -math.inf)
    places = [x]
    for i in range(axes):
        places = [
            place
            for one in places
            for place in windows(g, one, i + 2, kernel[i], strides[i], dy.shape[i + 2], -math.inf)
        ]
    parts = shared_out(g, places, y, dy)
    sizes = [size - pads[i] - pads[i + axes] for i, size in enumerate(x.shape[2:])]
    for i in reversed(range(axes)):
        runs = [parts[start : start + kernel[i]] for start in range(0, len(parts), kernel[i])]
        parts = [scatter(g, run, i + 2, strides[i], pads[i], sizes[i]) for run in runs]
    return parts[0]


@dataclass(frozen=True)
class Stage:
    """Windows along one axis: their places, one after the other, and their maxima."""

    axis: int
    places: list[Value]
    largest: Value


def maxima(g: Builder, x: Value, sizes: Shape, kernel: Ints, strides: Ints, pads: Ints) -> tuple[list[Stage], Value]:
    """A stage for each axis from the last to the first, each on the maxima before it; and the pooled map.

    sizes   the pooled map's
    """
    stages: list[Stage] = []
    for i in reversed(range(len(kernel))):
        axis = i + 2
        padded = pad_axis(g, x, axis, pads[i], pads[i + len(kernel)], -math.inf)
        places = windows(g, padded, axis, kernel[i], strides[i], sizes[axis], -math.inf)
        x = places[0]
        for place in places[1:]:
            x = g.Max(x, place)
        stages.append(Stage(axis, places, x))
    return stages, x


def shared_out(g: Builder, places: list[Value], largest: Value, dy: Value) -> list[Value]:
    """What each place gets: all that is left goes to the first that is largest, so the last takes what comes to it."""
    parts: list[Value] = []
    for place in places[:-1]:
        left = g.Mul(dy, g.Cast(g.Greater(largest, place), to=dy.dtype))
        parts.append(g.Sub(dy, left))
        dy = left
    return [*parts, dy]


def average_pool_gradient(
    g: Builder, dy: Value, *, shape: Shape, kernel: Ints, strides: Ints, pads: Ints, count_include_pad: bool
) -> Value:
    """dy / count added to every place of its window, an axis at a time."""
    dx = g.Mul(dy, g.Reciprocal(counts(g, dy, shape, kernel, strides, pads)) if any(pads) and not count_include_pad
               else 1 / math.prod(kernel))  # fmt: skip
    for i, size in enumerate(shape):
        if kernel[i] == strides[i]:
            dx = fit(g, interleave(g, [dx] * kernel[i], i + 2, kernel[i]), i + 2, pads[i], size, strides[i] - 1)
        else:
            dx = scatter(g, [dx] * kernel[i], i + 2, strides[i], pads[i], size)
    return dx


def counts(g: Builder, dy: Value, shape: Shape, kernel: Ints, strides: Ints, pads: Ints) -> Value:
    """How many places of each window lie inside: a literal where the sizes are known, else pooled ones."""
    axes = len(kernel)
    known = [size for size in (*shape, *dy.shape[2:]) if isinstance(size, int)]
    if len(known) < 2 * axes:
        ones = g.Expand(g.constant(1.0, dy.dtype), shape=(1, 1, *shape))
        share = g.AveragePool(ones, kernel=kernel, strides=strides, pads=pads, count_include_pad=True)
        return g.Mul(share, float(math.prod(kernel)))
    sizes, windows = known[:axes], known[axes:]
    along = [
        [
            min(j * strides[i] - pads[i] + kernel[i], sizes[i]) - max(j * strides[i] - pads[i], 0)
            for j in range(windows[i])
        ]
        for i in range(axes)
    ]
    numbers = tuple(float(math.prod(inside)) for inside in combinations(*along))
    return g.Constant(value=Tensor(dy.dtype, tuple(windows), numbers))
