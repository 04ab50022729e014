"""Strided reads and writes along one axis, without strided slices: the runtime's copy them number by number.

An axis of n * stride elements is reshaped to [n, stride]; its columns are then dense pieces.
"""

from __future__ import annotations

from collections.abc import Sequence

from netc.compiler.ir import Builder, Size, Value
from netc.compiler.ops.slicing import pad_axis


def windows(g: Builder, x: Value, axis: int, kernel: int, stride: int, count: Size, fill: float = 0.0) -> list[Value]:
    """For each of `kernel` places o: x's elements o, o + stride, …, `count` of them."""
    reach = -(-kernel // stride)
    x = fit(g, x, axis, 0, (count + reach - 1) * stride, stride - 1, fill)
    before, length, after = x.shape[:axis], count + reach - 1, x.shape[axis + 1 :]
    dense = [x]
    if stride > 1:
        apart = g.Reshape(x, shape=(*before, length, stride, *after))
        dense = [
            g.Reshape(cut(g, apart, axis + 1, column, 1), shape=(*before, length, *after))
            for column in range(min(stride, kernel))
        ]
    return [cut(g, dense[place % stride], axis, place // stride, count) for place in range(kernel)]


def every(g: Builder, x: Value, axis: int, stride: int, count: Size) -> Value:
    """x's elements 0, stride, 2 stride, …, `count` of them."""
    return windows(g, x, axis, 1, stride, count)[0]


def cut(g: Builder, x: Value, axis: int, start: int, count: Size) -> Value:
    """`count` elements of an axis from `start`."""
    if start == 0 and x.shape[axis] == count:
        return x
    return g.Slice(x, starts=(start,), stops=(start + count,), axes=(axis,), steps=(1,))


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


def fit(g: Builder, x: Value, axis: int, begin: int, size: Size, spare: int, fill: float = 0.0) -> Value:
    """Elements begin to begin + size of an axis; `fill`, at most `spare` times, where it ends sooner."""
    missing = begin + size - x.shape[axis]
    x = pad_axis(g, x, axis, 0, max(missing, 0) if isinstance(missing, int) else spare, fill)
    return cut(g, x, axis, begin, size)
