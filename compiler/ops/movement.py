"""Elements under another shape, in another order, repeated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netc.compiler.ir import Builder, DType, Node, Shape, Size, Value, product
from netc.compiler.ir.operators import ShapeError
from netc.compiler.ops.base import REQUIRED, Op, op, sample
from netc.compiler.ops.checks import shape_of
from netc.compiler.ops.facts import Cost, Half, Kind
from netc.compiler.ops.fields import Field, across_channels, along, everything
from netc.compiler.ops.linalg import swap
from netc.compiler.ops.writer import Writer
from netc.grammar.counted import counted

WHOLE = (DType.INT64,)


@op
class Reshape(Op):
    """The same elements in C order under another shape."""

    kind = Kind.MOVEMENT
    cost = Cost.VIEW
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
                f"{shape_of(x.shape)} has {counted(product(x.shape), 'element')}, {shape_of(shape)} has "
                f"{product(shape)}",
                argument="shape",
            )
        return shape

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        return (g.Reshape(dy, shape=node.inputs[0].shape),)

    @staticmethod
    def field_before(node: Node, at: int, field: Field) -> Field:
        x = node.inputs[at]
        if x.shape[1:] == node.output.shape[1:]:
            return field
        return across_channels(field) if x.shape[2:] == node.output.shape[2:] and x.rank > 1 else everything(x)

    @classmethod
    def torch(cls, torch: Any, node: Node) -> Callable[..., Any]:
        shape = node.attributes["shape"]
        return lambda x: x.reshape(shape)

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

    kind = Kind.MOVEMENT
    cost = Cost.MEMORY
    attributes = {"axes": REQUIRED}
    samples = (
        sample((2, 3), axes=(1, 0)),
        sample((2, 3, 4), axes=(2, 0, 1)),
        sample((4,), axes=(0,), dtypes=WHOLE, ranges=((0, 9),)),
    )

    @staticmethod
    def shape(x: Value, *, axes: tuple[int, ...]) -> Shape:
        if sorted(axes) != list(range(x.rank)):
            raise ShapeError(
                f"axes {list(axes)} do not order {counted(x.rank, 'axis', 'axes')}", argument="axes", code="E303"
            )
        return tuple(x.shape[axis] for axis in axes)

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        axes = node.attributes["axes"]
        if axes == (1, 0) and dy.node is not None and dy.node.op == "MatMul":
            a, b = dy.node.inputs  # (a b)' = b' a': no product that is transposed only afterwards
            return (g.MatMul(swap(g, b), swap(g, a)),)
        return (g.Transpose(dy, axes=tuple(axes.index(axis) for axis in range(len(axes)))),)

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        e.node(node, "Transpose", node.inputs, perm=node.attributes["axes"])

    @staticmethod
    def field_before(node: Node, at: int, field: Field) -> Field:
        return along(node.inputs[at], field, node.attributes["axes"].index)

    @classmethod
    def torch(cls, torch: Any, node: Node) -> Callable[..., Any]:
        axes = node.attributes["axes"]
        return lambda x: x.permute(axes)


@op
class Expand(Op):
    """x repeated along axes of size 1 and along new axes in front, up to the given shape.

    In half precision always: the gradient of a mean is small until it is spread over all that the mean was taken of.
    """

    kind = Kind.MOVEMENT
    half = Half.ALWAYS
    cost = Cost.MEMORY
    field_before = staticmethod(Op.field_before)
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

    @classmethod
    def torch(cls, torch: Any, node: Node) -> Callable[..., Any]:
        shape = node.attributes["shape"]
        return lambda x: x.expand(shape)
