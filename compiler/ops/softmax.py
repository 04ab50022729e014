"""Softmax and its logarithm."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netc.compiler.ir import Builder, Node, Shape, Value
from netc.compiler.ops.base import REQUIRED, Op, op, sample
from netc.compiler.ops.checks import floating, normal_axis
from netc.compiler.ops.facts import Kind
from netc.compiler.ops.fields import Field, along

SOFTMAX = (sample((2, 5), axis=1), sample((3, 4, 2), axis=1), sample((3, 4, 2), axis=-1), sample((6,), axis=0))


class SoftmaxLike(Op):
    """One floating-point input and an axis."""

    kind = Kind.REDUCTION
    probabilities = True
    attributes = {"axis": REQUIRED}
    samples = SOFTMAX

    @staticmethod
    def shape(x: Value, *, axis: int) -> Shape:
        floating(x)
        normal_axis(x, axis)
        return x.shape

    @staticmethod
    def field_before(node: Node, at: int, field: Field) -> Field:
        x = node.inputs[at]
        whole = normal_axis(x, node.attributes["axis"])
        return along(x, field, lambda axis: None if axis == whole else axis)

    @classmethod
    def torch(cls, torch: Any, node: Node) -> Callable[..., Any]:
        axis, function = node.attributes["axis"], getattr(torch, cls.torch_name or "")
        return lambda x: function(x, axis)


@op
class Softmax(SoftmaxLike):
    """y = e ** x / sum of e ** x along the axis."""

    torch_name = "softmax"

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        y = node.output
        weighted = g.ReduceSum(g.Mul(dy, y), axes=(node.attributes["axis"],), keepdims=True)
        return (g.Mul(y, g.Sub(dy, weighted)),)


@op
class LogSoftmax(SoftmaxLike):
    """y = x - ln of the sum of e ** x along the axis, without overflow."""

    torch_name = "log_softmax"

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        total = g.ReduceSum(dy, axes=(node.attributes["axis"],), keepdims=True)
        return (g.Sub(dy, g.Mul(g.Exp(node.output), total)),)
