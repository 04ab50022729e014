"""Sums of all elements up to a place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netc.compiler.ir import Builder, DType, Node, Shape, Value
from netc.compiler.ops.base import REQUIRED, Op, op, sample
from netc.compiler.ops.checks import normal_axis, numeric
from netc.compiler.ops.facts import Kind
from netc.compiler.ops.fields import Field
from netc.compiler.ops.softmax import SoftmaxLike
from netc.compiler.ops.writer import Writer


@op
class CumSum(Op):
    """Each element becomes the sum of those up to it along an axis; from it on, if reverse."""

    kind = Kind.REDUCTION
    attributes = {"axis": REQUIRED, "reverse": False}
    samples = (
        sample((2, 5), axis=1),
        sample((4, 2, 3), axis=0, reverse=True),
        sample((2, 4, 3), axis=-2),
        sample((6,), axis=0, dtypes=(DType.INT64,), ranges=((0, 9),)),
    )

    @staticmethod
    def shape(x: Value, *, axis: int, reverse: bool) -> Shape:
        numeric(x)
        normal_axis(x, axis)
        return x.shape

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        return (g.CumSum(dy, axis=node.attributes["axis"], reverse=not node.attributes["reverse"]),)

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        axis, reverse = node.attributes["axis"], node.attributes["reverse"]
        e.node(node, "CumSum", [node.inputs[0], e.scalar(axis, DType.INT64)], reverse=int(reverse))

    @staticmethod
    def field_before(node: Node, at: int, field: Field) -> Field:
        return SoftmaxLike.field_before(node, at, field)

    @classmethod
    def torch(cls, torch: Any, node: Node) -> Callable[..., Any]:
        axis, reverse = node.attributes["axis"], node.attributes["reverse"]
        if reverse:
            return lambda x: x.flip(axis).cumsum(axis).flip(axis)
        return lambda x: torch.cumsum(x, axis)
