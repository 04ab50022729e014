"""Shape operators: what moves and repeats elements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netc.compiler.ir import Builder, DType, Node, Shape, Size, Tensor, Value, product
from netc.compiler.ir.operators import ShapeError
from netc.compiler.ops.base import REQUIRED, Op, Result, Writer, op, sample
from netc.compiler.ops.checks import normal_axis, shape_of
from netc.compiler.ops.linalg import swap

WHOLE = (DType.INT64,)


@op
class Reshape(Op):
    """The same elements in C order under another shape."""

    attributes = {"shape": REQUIRED}
    samples = (
        sample((2, 3, 4), shape=(6, 4)),
        sample((2, 3), shape=(3, 1, 2)),
        sample((1, 1), shape=()),
        sample((), shape=(1,)),
        sample((4,), shape=(2, 2), dtypes=WHOLE, ranges=((0, 9),)),
    )

    @staticmethod
    def shape(x: Value, *, shape: Shape) -> Shape:
        if product(x.shape) != product(shape):
            raise ShapeError(
                f"{shape_of(x.shape)} has {product(x.shape)} elements, {shape_of(shape)} has {product(shape)}",
                argument="shape",
            )
        return shape

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        return (g.Reshape(dy, shape=node.inputs[0].shape),)

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        x, shape = node.inputs[0].shape, node.output.shape
        target: list[Size] = [
            0 if not isinstance(size, int) and axis < len(x) and x[axis] == size else size
            for axis, size in enumerate(shape)
        ]
        open_axes = [axis for axis, size in enumerate(target) if not isinstance(size, int)]
        if len(open_axes) == 1:
            target[open_axes[0]] = -1
        e.node(node, "Reshape", [node.inputs[0], e.ints(target if len(open_axes) < 2 else shape)])


@op
class Transpose(Op):
    """Axis i of y is axis axes[i] of x."""

    attributes = {"axes": REQUIRED}
    samples = (
        sample((2, 3), axes=(1, 0)),
        sample((2, 3, 4), axes=(2, 0, 1)),
        sample((4,), axes=(0,), dtypes=WHOLE, ranges=((0, 9),)),
    )

    @staticmethod
    def shape(x: Value, *, axes: tuple[int, ...]) -> Shape:
        if sorted(axes) != list(range(x.rank)):
            raise ShapeError(f"axes {list(axes)} do not order {x.rank} axes", argument="axes", code="E303")
        return tuple(x.shape[axis] for axis in axes)

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        axes = node.attributes["axes"]
        if axes == (1, 0) and dy.node is not None and dy.node.op == "MatMul" and node.inputs[0].rank == 2:
            a, b = dy.node.inputs  # (a b)' = b' a': no product that is transposed only afterwards
            if a.rank == b.rank == 2:
                return (g.MatMul(swap(g, b), swap(g, a)),)
        return (g.Transpose(dy, axes=tuple(axes.index(axis) for axis in range(len(axes)))),)

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        e.node(node, "Transpose", node.inputs, perm=node.attributes["axes"])


@op
class Concat(Op):
    """The inputs one after the other along an axis; their other sizes are equal."""

    attributes = {"axis": REQUIRED}
    samples = (
        sample((2, 3), (2, 2), (2, 1), axis=1),
        sample((1, 3), (2, 3), axis=0),
        sample((2, 3), (2, 3), axis=-1),
        sample((2,), axis=0),
        sample((2,), (3,), axis=0, dtypes=(DType.INT64, DType.INT64), ranges=((0, 9), (0, 9))),
    )

    @staticmethod
    def shape(*inputs: Value, axis: int) -> Shape:
        first = inputs[0]
        position = normal_axis(first, axis)
        total: Size = 0
        for at, x in enumerate(inputs):
            if x.dtype != first.dtype:
                raise ShapeError(f"element types differ: {first.dtype} and {x.dtype}", at=at)
            if x.rank != first.rank or any(size != first.shape[i] for i, size in enumerate(x.shape) if i != position):
                raise ShapeError(
                    f"shapes {shape_of(first.shape)} and {shape_of(x.shape)} differ outside of the axis that grows",
                    at=at,
                )
            total = total + x.shape[position]
        return (*first.shape[:position], total, *first.shape[position + 1 :])

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value, ...]:
        axis = normal_axis(dy, node.attributes["axis"])
        parts: list[Value] = []
        start: Size = 0
        for x in node.inputs:
            stop = start + x.shape[axis]
            parts.append(g.Slice(dy, starts=(start,), stops=(stop,), axes=(axis,), steps=(1,)))
            start = stop
        return tuple(parts)


@op
class Split(Op):
    """The input cut along an axis into parts of the given sizes."""

    attributes = {"axis": REQUIRED, "sizes": REQUIRED}
    samples = (
        sample((5, 3), axis=0, sizes=(2, 3)),
        sample((2, 6), axis=1, sizes=(1, 3, 2)),
        sample((4, 2), axis=-1, sizes=(1, 1)),
        sample((3,), axis=0, sizes=(3,)),
        sample((3,), axis=0, sizes=(1, 2), dtypes=WHOLE, ranges=((0, 9),)),
    )

    @classmethod
    def infer(cls, inputs: tuple[Value, ...], attributes: Mapping[str, Any]) -> tuple[Result, ...]:
        (x,) = inputs
        axis, sizes = normal_axis(x, attributes["axis"]), attributes["sizes"]
        if sum(sizes) != x.shape[axis]:
            raise ShapeError(f"parts of {list(sizes)} of {x.shape[axis]} elements", argument="sizes")
        return tuple((x.dtype, (*x.shape[:axis], size, *x.shape[axis + 1 :])) for size in sizes)

    @staticmethod
    def grad(g: Builder, node: Node, *dy: Value | None) -> tuple[Value]:
        parts = [
            g.Expand(g.constant(0.0), shape=value.shape) if part is None else part
            for part, value in zip(dy, node.outputs, strict=True)
        ]
        return (g.Concat(*parts, axis=node.attributes["axis"]),)

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        e.node(node, "Split", [node.inputs[0], e.ints(node.attributes["sizes"])], axis=node.attributes["axis"])


@op
class Expand(Op):
    """x repeated along axes of size 1 and along new axes in front, up to the given shape."""

    attributes = {"shape": REQUIRED}
    samples = (
        sample((1, 3), shape=(2, 3)),
        sample((), shape=(2, 2)),
        sample((3, 1), shape=(2, 3, 4)),
        sample((2,), shape=(2,), dtypes=WHOLE, ranges=((0, 9),)),
    )

    @staticmethod
    def shape(x: Value, *, shape: Shape) -> Shape:
        new = len(shape) - x.rank
        if new < 0 or any(size not in (1, shape[new + axis]) for axis, size in enumerate(x.shape)):
            raise ShapeError(f"{shape_of(x.shape)} does not repeat to {shape_of(shape)}", argument="shape")
        return shape

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        return (dy,)

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        x, shape = node.inputs[0], node.output.shape
        new = len(shape) - x.rank
        target = [1 if axis >= new and x.shape[axis - new] == size else size for axis, size in enumerate(shape)]
        e.node(node, "Expand", [x, e.ints(target)])


@op
class Gather(Op):
    """data's slices along an axis in the order of indices (0 to its size - 1), whose axes replace that axis."""

    attributes = {"axis": REQUIRED}
    samples = (
        sample((5, 3), (4,), axis=0, dtypes=(DType.FLOAT32, DType.INT64), ranges=((-1, 1), (0, 5))),
        sample((2, 6, 3), (2, 2), axis=1, dtypes=(DType.FLOAT32, DType.INT64), ranges=((-1, 1), (0, 6))),
        sample((2, 4), (), axis=-1, dtypes=(DType.FLOAT32, DType.INT64), ranges=((-1, 1), (0, 4))),
    )

    @staticmethod
    def shape(data: Value, indices: Value, *, axis: int) -> Shape:
        if indices.dtype not in (DType.INT64, DType.INT32):
            raise ShapeError(f"indices are whole numbers, found {indices.dtype}", at=1)
        position = normal_axis(data, axis)
        return (*data.shape[:position], *indices.shape, *data.shape[position + 1 :])

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value, None]:
        data, indices = node.inputs
        axis = normal_axis(data, node.attributes["axis"])
        before, after = data.shape[:axis], data.shape[axis + 1 :]
        count, rows = product(indices.shape), product(after)
        chosen = g.Reshape(g.OneHot(indices, depth=data.shape[axis]), shape=(count, data.shape[axis]))
        flat = g.Reshape(dy, shape=(product(before), count, rows))
        total = g.MatMul(g.Transpose(chosen, axes=(1, 0)), flat)
        return g.Reshape(total, shape=data.shape), None

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        e.node(node, "Gather", node.inputs, axis=node.attributes["axis"])


@op
class OneHot(Op):
    """1.0 at each index along a new last axis of size depth, else 0.0. Indices run from 0 to depth - 1."""

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
