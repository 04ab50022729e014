"""The gradients of pooling as standard operators, without MaxPool's indices, which are slow or missing elsewhere."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product as combinations

from netc.compiler.ir import Builder, DType, Shape, Size, Tensor, Value
from netc.compiler.ops.slicing import pad_axis
from netc.compiler.ops.window import Ints


def max_pool_gradient(g: Builder, x: Value, y: Value, dy: Value, *, kernel: Ints, strides: Ints, pads: Ints) -> Value:
    """A tree of pairs for windows of two without overlap, else one comparison for each place in the window."""
    if not any(pads) and all(size == stride == 2 for size, stride in zip(kernel, strides, strict=True)):
        return halving_gradient(g, x, dy)
    return compared_gradient(g, x, y, dy, kernel, strides, pads)


def halving_gradient(g: Builder, x: Value, dy: Value) -> Value:
    """Windows of 2 along every axis: the pairs of the last axis, then pairs of their maxima, and back.

    The later of two wins by being strictly larger, so that the first maximum in row-major order gets the gradient.
    """
    pairs: list[tuple[Value, Value]] = []
    largest = x
    for axis in range(x.rank - 1, 1, -1):
        stop = 2 * dy.shape[axis]
        first, second = (g.Slice(largest, starts=(start,), stops=(stop,), axes=(axis,), steps=(2,)) for start in (0, 1))
        pairs.append((first, second))
        largest = g.Max(first, second)
    dx = dy
    for axis, (first, second) in zip(range(2, x.rank), reversed(pairs), strict=True):
        to_second = g.Mul(dx, g.Cast(g.Greater(second, first), to=DType.FLOAT32))
        dx = interleave(g, [g.Sub(dx, to_second), to_second], axis, 2)
        dx = pad_axis(g, dx, axis, 0, x.shape[axis] - 2 * dy.shape[axis])
    return dx


def compared_gradient(g: Builder, x: Value, y: Value, dy: Value, kernel: Ints, strides: Ints, pads: Ints) -> Value:
    """Any window: walk its places in row-major order; the first that equals the maximum takes what is left of dy."""
    axes, sizes = len(kernel), x.shape[2:]
    for i in range(axes):
        x = pad_axis(g, x, i + 2, pads[i], pads[i + axes], -math.inf)
    parts: dict[Ints, Value] = {}
    rest = dy
    for offsets in combinations(*map(range, kernel)):
        place = g.Slice(
            x,
            starts=offsets,
            stops=tuple(offsets[i] + (y.shape[i + 2] - 1) * strides[i] + 1 for i in range(axes)),
            axes=tuple(range(2, 2 + axes)),
            steps=strides,
        )
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
            dx = fit(g, repeat(g, dx, i + 2, kernel[i]), i + 2, pads[i], size, strides[i] - 1)
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


def scatter(g: Builder, parts: Sequence[Value], axis: int, stride: int, begin: int, size: Size) -> Value:
    """The sum over o of parts[o], whose element i goes to place i * stride + o - begin of an axis of `size`.

    Places with the same remainder by the stride form one dense row; the rows are then interleaved.
    """
    reach = -(-len(parts) // stride)
    rows: list[Value] = []
    for remainder in range(min(stride, len(parts))):
        shifted = [
            pad_axis(g, part, axis, step, reach - 1 - step) for step, part in enumerate(parts[remainder::stride])
        ]
        total = shifted[0]
        for part in shifted[1:]:
            total = g.Add(total, part)
        rows.append(total)
    return fit(g, interleave(g, rows, axis, stride), axis, begin, size, stride - 1)


def interleave(g: Builder, rows: Sequence[Value], axis: int, stride: int) -> Value:
    """rows[r]'s element i at place i * stride + r; zeros where there are fewer rows than `stride`."""
    if stride == 1:
        return rows[0]
    before, count, after = rows[0].shape[:axis], rows[0].shape[axis], rows[0].shape[axis + 1 :]
    apart = [g.Reshape(row, shape=(*before, count, 1, *after)) for row in rows]
    together = g.Concat(*apart, axis=axis + 1) if len(apart) > 1 else apart[0]
    together = pad_axis(g, together, axis + 1, 0, stride - len(rows))
    return g.Reshape(together, shape=(*before, count * stride, *after))


def repeat(g: Builder, x: Value, axis: int, times: int) -> Value:
    """Every element of an axis several times in a row."""
    if times == 1:
        return x
    before, count, after = x.shape[:axis], x.shape[axis], x.shape[axis + 1 :]
    apart = g.Expand(g.Reshape(x, shape=(*before, count, 1, *after)), shape=(*before, count, times, *after))
    return g.Reshape(apart, shape=(*before, count * times, *after))


def fit(g: Builder, x: Value, axis: int, begin: int, size: Size, spare: int) -> Value:
    """Elements begin to begin + size of an axis; zeros, at most `spare` of them, where it ends sooner."""
    missing = begin + size - x.shape[axis]
    x = pad_axis(g, x, axis, 0, max(missing, 0) if isinstance(missing, int) else spare)
    if begin == 0 and x.shape[axis] == size:
        return x
    return g.Slice(x, starts=(begin,), stops=(begin + size,), axes=(axis,), steps=(1,))
