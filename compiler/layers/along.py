"""What layers do along one axis of a map: fixed linear functions, and more elements at the ends."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from netc.compiler.ir import DType, Size, Tensor, Value, product
from netc.compiler.layers.base import LayerBuilder
from netc.grammar.counted import counted


def by_matrix(b: LayerBuilder, x: Value, axis: int, rows: Sequence[Sequence[float]]) -> Value:
    """For each row the sum of x's elements along an axis, each times its number in the row."""
    count, size = len(rows), x.shape[axis]
    assert size == len(rows[0]), f"a matrix of {counted(len(rows[0]), 'column')} for an axis of {size}"
    matrix = b.Constant(value=Tensor(DType.FLOAT32, (count, len(rows[0])), tuple(chain.from_iterable(rows))))
    if axis == x.rank - 1:
        return b.MatMul(x, b.Transpose(matrix, axes=(1, 0)))
    rest = x.shape[axis + 1 :]
    flat = b.Reshape(x, shape=(*x.shape[: axis + 1], product(rest)))
    return b.Reshape(b.MatMul(matrix, flat), shape=(*x.shape[:axis], count, *rest))


def chosen(b: LayerBuilder, x: Value, axis: int, places: Sequence[int]) -> Value:
    """x's elements at places of an axis, in this order."""
    if list(places) == list(range(len(places))) and x.shape[axis] == len(places):
        return x
    return b.Gather(x, b.Constant(value=Tensor(DType.INT64, (len(places),), tuple(places))), axis=axis)


def cut(b: LayerBuilder, x: Value, axis: int, start: Size, stop: Size, step: int = 1) -> Value:
    """x's elements from start to stop, the end excluded, along an axis."""
    return b.Slice(x, starts=(start,), stops=(stop,), axes=(axis,), steps=(step,))


def with_edges(b: LayerBuilder, x: Value, axis: int, begin: int, end: int) -> Value:
    """x with its first and last element along an axis repeated."""

    def edge(count: int, start: Size) -> list[Value]:
        shape = (*x.shape[:axis], count, *x.shape[axis + 1 :])
        return [b.Expand(cut(b, x, axis, start, start + 1), shape=shape)] if count else []

    parts = [*edge(begin, 0), x, *edge(end, x.shape[axis] - 1)]
    return b.Concat(*parts, axis=axis) if len(parts) > 1 else x


def with_reflection(b: LayerBuilder, x: Value, axis: int, begin: int, end: int) -> Value:
    """x reflected at its first and last element along an axis, which are not repeated."""
    parts = []
    if begin:
        parts.append(cut(b, x, axis, begin, 0, -1))
    parts.append(x)
    if end:
        parts.append(cut(b, x, axis, -2, -2 - end, -1))
    return b.Concat(*parts, axis=axis) if len(parts) > 1 else x


def side_by_side(b: LayerBuilder, parts: Sequence[Value], axis: int) -> Value:
    """Element i of part r at place i * number of parts + r."""
    if len(parts) == 1:
        return parts[0]
    shape = parts[0].shape
    apart = [b.Reshape(part, shape=(*shape[: axis + 1], 1, *shape[axis + 1 :])) for part in parts]
    together = b.Concat(*apart, axis=axis + 1)
    return b.Reshape(together, shape=(*shape[:axis], shape[axis] * len(parts), *shape[axis + 1 :]))
