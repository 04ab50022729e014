"""Sums at places that indices name: what reading at indices is, backwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netc.compiler.ir import Builder, DType, Node, Shape, Size, Value, product
from netc.compiler.ir.operators import ShapeError
from netc.compiler.ops.base import REQUIRED, Op, op, sample
from netc.compiler.ops.facts import Kind
from netc.compiler.ops.fields import Field, along
from netc.compiler.ops.writer import Writer

TYPES = (DType.FLOAT32, DType.INT64)


@op
class ScatterAdd(Op):
    """A vector of `size` elements: each is the sum of those updates whose index is its place. Indices run from 0 to
    size - 1; negative ones count from the end.

    ONNX's ScatterElements in one dimension. Its ScatterND is not taken: ONNX Runtime's CPU adds there from several
    threads without a lock, so that equal indices make other bits on each run. In two dimensions ScatterElements takes
    two to three times as long.
    """

    kind = Kind.REDUCTION
    attributes = {"size": REQUIRED}
    samples = (
        sample((5,), (5,), size=3, dtypes=TYPES, ranges=((-1, 1), (0, 3))),
        sample((9,), (9,), size=4, dtypes=TYPES, ranges=((-1, 1), (1, 3))),
        sample((7,), (7,), size=4, dtypes=TYPES, ranges=((-1, 1), (-4, 4))),
        sample((1,), (1,), size=6, dtypes=TYPES, ranges=((-1, 1), (0, 6))),
    )

    @staticmethod
    def shape(updates: Value, indices: Value, *, size: Size) -> Shape:
        if indices.dtype != DType.INT64:
            raise ShapeError(f"indices are whole numbers, found {indices.dtype}", at=1)
        if updates.rank != 1 or updates.shape != indices.shape:
            raise ShapeError(f"indices {list(indices.shape)} for {list(updates.shape)}", at=1)
        return (size,)

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value, None]:
        return g.Gather(dy, node.inputs[1], axis=0), None

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        updates, indices = node.inputs
        zeros = e.temporary()
        e.node(node, "Expand", [e.scalar(0.0, updates.dtype), e.ints((node.attributes["size"],))], [zeros])
        e.node(node, "ScatterElements", [zeros, indices, updates], axis=0, reduction="add")

    @staticmethod
    def field_before(node: Node, at: int, field: Field) -> Field:
        return along(node.inputs[at], field, lambda axis: None)

    @classmethod
    def torch(cls, torch: Any, node: Node) -> Callable[..., Any]:
        size = node.attributes["size"]
        return lambda updates, indices: torch.zeros(size, dtype=updates.dtype).index_add(0, indices % size, updates)


def from_the_front(g: Builder, indices: Value, rows: Size) -> Value:
    """Indices of which none is negative: -1 is the last of the rows."""
    last = rows if isinstance(rows, int) else g.Dimension(size=rows)
    return g.Where(g.Less(indices, 0), g.Add(indices, last), indices)


def sum_rows(g: Builder, updates: Value, indices: Value, rows: Size) -> Value:
    """`[rows, …]`: row r is the sum of those slices of the updates whose index is r, or r - rows.

    updates   the shape of the indices, then that of a row
    """
    row = updates.shape[indices.rank :]
    count, width = product(indices.shape), product(row)
    numbers = g.Reshape(g.Cast(indices, to=DType.INT64), shape=(count, 1))
    first = g.Mul(numbers, width if isinstance(width, int) else g.Dimension(size=width))
    places = g.Reshape(g.Add(first, g.Iota(shape=(width,))), shape=(count * width,))
    total = g.ScatterAdd(g.Reshape(updates, shape=(count * width,)), places, size=rows * width)
    return g.Reshape(total, shape=(rows, *row))
