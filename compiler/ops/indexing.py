"""Elements chosen by their number, and numbers as places."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netc.compiler.ir import Builder, DType, Node, Shape, Size, Tensor, Value
from netc.compiler.ir.operators import ShapeError
from netc.compiler.ops.base import REQUIRED, Op, op, sample
from netc.compiler.ops.checks import normal_axis
from netc.compiler.ops.facts import Cost, Kind
from netc.compiler.ops.fields import Field, along
from netc.compiler.ops.scattered import from_the_front, sum_rows
from netc.compiler.ops.writer import Writer

WHOLE = (DType.INT64,)


@op
class Gather(Op):
    """data's slices along an axis in the order of indices, whose axes replace that axis. Indices run from 0 to its
    size - 1; negative ones count from the end.

    padding   the index of a slice that gets no gradient
    """

    kind = Kind.MOVEMENT
    cost = Cost.MEMORY
    attributes = {"axis": REQUIRED, "padding": None}
    samples = (
        sample((5, 3), (4,), axis=0, dtypes=(DType.FLOAT32, DType.INT64), ranges=((-1, 1), (0, 5))),
        sample((2, 6, 3), (2, 2), axis=1, dtypes=(DType.FLOAT32, DType.INT64), ranges=((-1, 1), (-6, 6))),
        sample((2, 4), (), axis=-1, dtypes=(DType.FLOAT32, DType.INT64), ranges=((-1, 1), (0, 4))),
    )

    @staticmethod
    def shape(data: Value, indices: Value, *, axis: int, padding: int | None) -> Shape:
        if indices.dtype not in (DType.INT64, DType.INT32):
            raise ShapeError(f"indices are whole numbers, found {indices.dtype}", at=1)
        position = normal_axis(data, axis)
        return (*data.shape[:position], *indices.shape, *data.shape[position + 1 :])

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value, None]:
        data, indices = node.inputs
        axis, places = normal_axis(data, node.attributes["axis"]), indices.rank
        first = (*range(axis, axis + places), *range(axis), *range(axis + places, dy.rank))
        dy = g.Transpose(dy, axes=first) if axis else dy
        padding = node.attributes["padding"]
        if padding is not None:
            taken = g.Cast(g.Not(g.Equal(from_the_front(g, indices, data.shape[axis]), padding)), to=dy.dtype)
            dy = g.Mul(dy, g.Reshape(taken, shape=(*indices.shape, *(1 for _ in range(dy.rank - places)))))
        total = sum_rows(g, dy, indices, data.shape[axis])
        back = (*range(1, axis + 1), 0, *range(axis + 1, data.rank))
        return g.Transpose(total, axes=back) if axis else total, None

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        e.node(node, "Gather", node.inputs, axis=node.attributes["axis"])

    @staticmethod
    def field_before(node: Node, at: int, field: Field) -> Field:
        data, indices = node.inputs
        chosen, new = normal_axis(data, node.attributes["axis"]), indices.rank - 1
        if at == 1:
            return along(indices, field, lambda axis: chosen + axis)
        return along(data, field, lambda axis: None if axis == chosen else axis + new if axis > chosen else axis)

    @classmethod
    def torch(cls, torch: Any, node: Node) -> Callable[..., Any]:
        axis, padding = node.attributes["axis"], node.attributes["padding"]

        def gather(data: Any, indices: Any) -> Any:
            place = axis % data.dim()
            indices = indices % data.shape[place]
            if padding is not None:
                return torch.nn.functional.embedding(indices, data, padding)
            chosen = data.index_select(place, indices.reshape(-1))
            return chosen.reshape(*data.shape[:place], *indices.shape, *data.shape[place + 1 :])

        return gather


@op
class GatherEach(Op):
    """Of each of data's elements along axis 0, the rows with its own indices: data [N, M, …], indices [N, …].

    Indices run from 0 to M - 1; negative ones count from the end.
    """

    kind = Kind.MOVEMENT
    cost = Cost.MEMORY
    samples = (
        sample((2, 5, 3), (2, 4), dtypes=(DType.FLOAT32, DType.INT64), ranges=((-1, 1), (0, 5))),
        sample((3, 6), (3, 2, 2), dtypes=(DType.FLOAT32, DType.INT64), ranges=((-1, 1), (-6, 6))),
        sample((2, 4, 2, 3), (2,), dtypes=(DType.FLOAT32, DType.INT64), ranges=((-1, 1), (0, 4))),
    )

    @staticmethod
    def shape(data: Value, indices: Value) -> Shape:
        if indices.dtype != DType.INT64:
            raise ShapeError(f"indices are whole numbers, found {indices.dtype}", at=1)
        if data.rank < 2 or indices.rank < 1 or data.shape[0] != indices.shape[0]:
            raise ShapeError(f"indices {list(indices.shape)} for {list(data.shape)}", at=1)
        return (*indices.shape, *data.shape[2:])

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value, None]:
        data, indices = node.inputs
        batch, rows = data.shape[:2]
        each = g.Mul(g.Iota(shape=(batch,)), g.Dimension(size=rows))
        each = g.Reshape(each, shape=(batch, *(1 for _ in indices.shape[1:])))
        total = sum_rows(g, dy, g.Add(from_the_front(g, indices, rows), each), batch * rows)
        return g.Reshape(total, shape=data.shape), None

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        data, indices = node.inputs
        places = e.temporary()
        e.node(node, "Unsqueeze", [indices, e.ints((indices.rank,))], [places])
        e.node(node, "GatherND", [data, places], batch_dims=1)

    @staticmethod
    def field_before(node: Node, at: int, field: Field) -> Field:
        data, indices = node.inputs
        if at == 1:
            return along(indices, field, lambda axis: axis)
        return along(data, field, lambda axis: None if axis == 1 else axis + indices.rank - 2 if axis > 1 else axis)

    @classmethod
    def torch(cls, torch: Any, node: Node) -> Callable[..., Any]:
        def gather(data: Any, indices: Any) -> Any:
            each = torch.arange(data.shape[0], device=data.device).reshape(-1, *[1] * (indices.dim() - 1))
            return data[each, indices]

        return gather


@op
class OneHot(Op):
    """1.0 at each index along a new last axis of size depth, else 0.0. Indices run from 0 to depth - 1."""

    kind = Kind.MOVEMENT
    cost = Cost.COMPUTE  # seven times as long as a product of its size on ONNX Runtime's CPU
    attributes = {"depth": REQUIRED}
    differentiable = False
    samples = (
        sample((4,), depth=3, dtypes=WHOLE, ranges=((0, 3),)),
        sample((2, 3), depth=5, dtypes=WHOLE, ranges=((0, 5),)),
        sample((), depth=2, dtypes=WHOLE, ranges=((0, 2),)),
    )

    @staticmethod
    def shape(indices: Value, *, depth: Size) -> Shape:
        if indices.dtype not in (DType.INT64, DType.INT32):
            raise ShapeError(f"labels are whole numbers, found {indices.dtype}")
        return (*indices.shape, depth)

    @staticmethod
    def dtype(indices: Value, *, depth: Size) -> DType:
        return DType.FLOAT32

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        (indices,) = node.inputs
        size = node.attributes["depth"]
        if isinstance(size, int):
            depth = e.scalar(size, DType.INT64)
        else:
            depth = e.temporary()
            e.node(node, "Reshape", [e.ints((size,)), e.ints(())], [depth])
        off_and_on = e.constant(Tensor(DType.FLOAT32, (2,), (0.0, 1.0)))
        if indices.rank:
            e.node(node, "OneHot", [indices, depth, off_and_on], axis=-1)
        else:  # ONNX's OneHot refuses a scalar
            one, row = e.temporary(), e.temporary()
            e.node(node, "Reshape", [indices, e.ints((1,))], [one])
            e.node(node, "OneHot", [one, depth, off_and_on], [row], axis=-1)
            e.node(node, "Reshape", [row, e.ints((-1,))])

    @staticmethod
    def field_before(node: Node, at: int, field: Field) -> Field:
        return along(node.inputs[at], field, lambda axis: axis)

    @classmethod
    def torch(cls, torch: Any, node: Node) -> Callable[..., Any]:
        depth = node.attributes["depth"]
        return lambda x: torch.nn.functional.one_hot(x, depth).to(torch.float32)
