"""Elementwise operators of one input."""

from __future__ import annotations

import math
import operator
from typing import ClassVar

from netc.compiler.ir import Builder, DType, Node, Shape, Value
from netc.compiler.ops.base import Op, Sample, op, sample
from netc.compiler.ops.checks import floating, numeric
from netc.compiler.ops.facts import Cost, Half, Kind
from netc.compiler.ops.writer import Writer

SIGNED = (sample((2, 3)), sample(()), sample((2, 1, 3)))
AWAY_FROM_ZERO = (sample((2, 3), ranges=((0.1, 1),)), sample((7,), ranges=((-1, -0.1),)))
POSITIVE = (sample((2, 3), ranges=((0.2, 2),)), sample((), ranges=((0.5, 1),)))
WHOLE = sample((5,), dtypes=(DType.INT64,), ranges=((-4, 5),))


class Unary(Op):
    """One input of any number type, an output like it."""

    kind = Kind.ELEMENTWISE
    samples: ClassVar[tuple[Sample, ...]] = (*SIGNED, WHOLE)

    @staticmethod
    def shape(x: Value) -> Shape:
        numeric(x)
        return x.shape


class FloatUnary(Op):
    """One floating-point input, an output like it."""

    kind = Kind.ELEMENTWISE
    samples: ClassVar[tuple[Sample, ...]] = SIGNED

    @staticmethod
    def shape(x: Value) -> Shape:
        floating(x)
        return x.shape


@op
class Neg(Unary):
    """y = -x."""

    half = Half.WITH_ALL
    torch_name = "neg"
    fold = staticmethod(operator.neg)

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        return (g.Neg(dy),)


@op
class Abs(Unary):
    """y = |x|; the slope at 0 is 0."""

    half = Half.WITH_ALL
    torch_name = "abs"
    samples = (*AWAY_FROM_ZERO, WHOLE)

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        return (g.Mul(dy, g.Sign(node.inputs[0])),)


@op
class Sign(Unary):
    """y = -1, 0 or 1.

    Of whole numbers ONNX Runtime's Sign (1.31, with AVX) sees the lower half alone, so that 2**31 has the sign -1; its
    comparisons are exact.
    """

    half = Half.WITH_ALL
    torch_name = "sign"
    differentiable = False

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        (x,) = node.inputs
        if x.dtype is not DType.INT64:
            super().emit(e, node)
            return
        zero, one, minus_one = (e.scalar(number, x.dtype) for number in (0, 1, -1))
        above, below, not_above = e.temporary(), e.temporary(), e.temporary()
        e.node(None, "Greater", [x, zero], [above])
        e.node(None, "Less", [x, zero], [below])
        e.node(None, "Where", [below, minus_one, zero], [not_above])
        e.node(node, "Where", [above, one, not_above])


@op
class Exp(FloatUnary):
    """y = e ** x."""

    half = Half.NEVER
    torch_name = "exp"

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        return (g.Mul(dy, node.output),)


@op
class Log(FloatUnary):
    """y = ln x."""

    half = Half.NEVER
    cost = Cost.COMPUTE  # ten times as long as a product on ONNX Runtime's CPU
    torch_name = "log"
    samples = POSITIVE

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        return (g.Div(dy, node.inputs[0]),)


@op
class Sqrt(FloatUnary):
    """y = x ** 0.5."""

    half = Half.NEVER
    torch_name = "sqrt"
    fold = staticmethod(math.sqrt)
    samples = POSITIVE

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        return (g.Div(g.Mul(dy, 0.5), node.output),)


@op
class Reciprocal(FloatUnary):
    """y = 1 / x."""

    half = Half.NEVER
    torch_name = "reciprocal"
    samples = (sample((2, 3), ranges=((0.5, 2),)), sample((4,), ranges=((-2, -0.5),)))

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        return (g.Neg(g.Mul(dy, g.Mul(node.output, node.output))),)

    @staticmethod
    def fold(x: float) -> float:
        return 1.0 / x
