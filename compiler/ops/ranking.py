"""The largest elements along an axis, and where they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from netc.compiler.ir import Builder, DType, Node, Shape, Value
from netc.compiler.ir.operators import ShapeError
from netc.compiler.ops.base import REQUIRED, Op, Result, op, sample
from netc.compiler.ops.checks import normal_axis, numeric, surely_less
from netc.compiler.ops.facts import Kind
from netc.compiler.ops.fields import Field
from netc.compiler.ops.reduction import without_axes
from netc.compiler.ops.writer import Writer
from netc.grammar.counted import counted


@op
class ArgMax(Op):
    """The index of the largest element along an axis, the first of equal ones, as int64; the axis goes."""

    kind = Kind.REDUCTION
    attributes = {"axis": REQUIRED}
    differentiable = False
    samples = (sample((2, 5), axis=1), sample((4, 3, 2), axis=0), sample((4, 3, 2), axis=-1))

    @staticmethod
    def shape(x: Value, *, axis: int) -> Shape:
        numeric(x)
        position = normal_axis(x, axis)
        return x.shape[:position] + x.shape[position + 1 :]

    @staticmethod
    def dtype(x: Value, *, axis: int) -> DType:
        return DType.INT64

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        e.node(node, "ArgMax", node.inputs, axis=node.attributes["axis"], keepdims=0)

    @staticmethod
    def field_before(node: Node, at: int, field: Field) -> Field:
        x = node.inputs[at]
        return without_axes(x, field, (normal_axis(x, node.attributes["axis"]),))

    @classmethod
    def torch(cls, torch: Any, node: Node) -> Callable[..., Any]:
        axis = node.attributes["axis"]
        return lambda x: torch.argmax(x, axis)


@op
class TopK(Op):
    """The k largest elements along an axis in descending order, and their int64 indices."""

    kind = Kind.REDUCTION
    attributes = {"k": REQUIRED, "axis": REQUIRED}
    samples = (sample((2, 5), k=3, axis=1), sample((6, 2), k=1, axis=0), sample((2, 4, 3), k=2, axis=-2))

    @classmethod
    def infer(cls, inputs: tuple[Value, ...], attributes: Mapping[str, Any]) -> tuple[Result, ...]:
        (x,) = inputs
        numeric(x)
        k, axis = attributes["k"], normal_axis(x, attributes["axis"])
        if k < 1 or surely_less(x.shape[axis], k):
            raise ShapeError(f"the {k} largest of {counted(x.shape[axis], 'element')}", argument="k")
        shape = (*x.shape[:axis], k, *x.shape[axis + 1 :])
        return ((x.dtype, shape), (DType.INT64, shape))

    @staticmethod
    def needs(node: Node) -> Shape:
        x = node.inputs[0]
        return (x.shape[normal_axis(x, node.attributes["axis"])] - node.attributes["k"],)

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value, indices: None) -> tuple[Value]:
        x = node.inputs[0]
        axis = normal_axis(x, node.attributes["axis"])
        order = (*(i for i in range(x.rank) if i != axis), axis)
        chosen = g.OneHot(g.Transpose(node.outputs[1], axes=order), depth=x.shape[axis])
        last = g.Transpose(dy, axes=order)
        dx = g.MatMul(g.Reshape(last, shape=(*last.shape[:-1], 1, last.shape[-1])), chosen)
        dx = g.Reshape(dx, shape=(*last.shape[:-1], x.shape[axis]))
        return (g.Transpose(dx, axes=tuple(order.index(i) for i in range(x.rank))),)

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        k, axis = node.attributes["k"], node.attributes["axis"]
        e.node(node, "TopK", [node.inputs[0], e.ints((k,))], axis=axis, largest=1, sorted=1)

    @staticmethod
    def field_before(node: Node, at: int, field: Field) -> Field:
        x = node.inputs[at]
        return without_axes(x, field, (normal_axis(x, node.attributes["axis"]),), keepdims=True)

    @classmethod
    def torch(cls, torch: Any, node: Node) -> Callable[..., Any]:
        k, axis = node.attributes["k"], node.attributes["axis"]
        return lambda x: tuple(torch.topk(x, k, axis))
