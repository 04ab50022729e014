"""The gradients of pooling as standard operators, without MaxPool's indices, which are slow or missing elsewhere."""

from __future__ import annotations

import math
from itertools import product as combinations

from netc.compiler.ir import Builder, DType, Shape, Tensor, Value
from netc.compiler.ops.slicing import pad_axis
from netc.compiler.ops.window import Ints
from netc.compiler.targets.strides import fit, interleave, scatter, windows


def max_pool_gradient(g: Builder, x: Value, y: Value, dy: Value, *, kernel: Ints, strides: Ints, pads: Ints) -> Value:
    """A tree of pairs for windows of two without overlap, else one comparison for each place in the window."""
    if halves(kernel, strides, pads):
        return halving_gradient(g, x, dy, len(kernel))
    return compared_gradient(g, x, y, dy, kernel, strides, pads)


def halving_gradient(g: Builder, x: Value, dy: Value, axes: int) -> Value:
    """Windows of 2 along every axis: the pairs of the last axis, then pairs of their maxima, and back.

    The later of two wins by being strictly larger, so that the first maximum in row-major order gets the gradient.
    """
    pairs, _ = maxima_of_pairs(g, x, dy.shape, axes)
    dx = dy
    for axis, (first, second) in zip(range(2, 2 + axes), reversed(pairs), strict=True):
        to_second = g.Mul(dx, g.Cast(g.Greater(second, first), to=DType.FLOAT32))
        dx = interleave(g, [g.Sub(dx, to_second), to_second], axis, 2)
        dx = pad_axis(g, dx, axis, 0, x.shape[axis] - 2 * dy.shape[axis])
    return dx


def maxima_of_pairs(g: Builder, x: Value, sizes: Shape, axes: int) -> tuple[list[tuple[Value, Value]], Value]:
    """Neighbours along each axis from the last, each pair out of the maxima of the one before, and the last maxima."""
    pairs: list[tuple[Value, Value]] = []
    for axis in range(1 + axes, 1, -1):
        first, second = windows(g, x, axis, 2, 2, sizes[axis])
        pairs.append((first, second))
        x = g.Max(first, second)
    return pairs, x


def halves(kernel: Ints, strides: Ints, pads: Ints) -> bool:
    """Whether windows are pairs along every axis, without overlap."""
    return not any(pads) and all(size == stride == 2 for size, stride in zip(kernel, strides, strict=True))


def compared_gradient(g: Builder, x: Value, y: Value, dy: Value, kernel: Ints, strides: Ints, pads: Ints) -> Value:
    """Any window: walk its places in row-major order; the first that equals the maximum takes what is left of dy."""
    axes, sizes = len(kernel), x.shape[2:]
    for i in range(axes):
        x = pad_axis(g, x, i + 2, pads[i], pads[i + axes], -math.inf)
    places: dict[Ints, Value] = {(): x}
    for i in range(axes):
        places = {
            (*front, last): piece
            for front, value in places.items()
            for last, piece in enumerate(windows(g, value, i + 2, kernel[i], strides[i], y.shape[i + 2], -math.inf))
        }
    parts: dict[Ints, Value] = {}
    rest = dy
    for offsets, place in places.items():
        parts[offsets] = g.Mul(rest, g.Cast(g.Equal(place, y), to=DType.FLOAT32))
        rest = g.Sub(rest, parts[offsets])
    for i in reversed(range(axes)):
        fixed = combinations(*map(range, kernel[:i]))
        parts = {
            front: scatter(g, [parts[*front, last] for last in range(kernel[i])], i + 2, strides[i], pads[i], sizes[i])
            for front in fixed
        }
    return parts[()]


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
        ones = g.Expand(g.constant(1.0), shape=(1, 1, *shape))
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
    return g.Constant(value=Tensor(DType.FLOAT32, tuple(windows), numbers))
