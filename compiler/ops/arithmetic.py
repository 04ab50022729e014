"""Elementwise operators of two inputs, which broadcast."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, ClassVar

from netc.compiler.ir import Builder, DType, Node, Shape, Tensor, Value
from netc.compiler.ops.base import Op, Sample, broadcast, op, sample
from netc.compiler.ops.checks import floating, numeric, same_dtype
from netc.compiler.ops.facts import Cost, Half, Kind, Neutral
from netc.compiler.ops.writer import Writer

SHAPES = (
    sample((2, 3), (2, 3)),
    sample((2, 3), (3,)),
    sample((2, 1), (1, 4)),
    sample((), (2, 3)),
    sample((4, 1, 2), (3, 1)),
)


class Binary(Op):
    """Two inputs of one element type that broadcast."""

    kind = Kind.ELEMENTWISE
    samples: ClassVar[tuple[Sample, ...]] = SHAPES

    @staticmethod
    def shape(a: Value, b: Value) -> Shape:
        same_dtype(a, b)
        numeric(a, b)
        return broadcast(a.shape, b.shape)


@op
class Add(Binary):
    """y = a + b."""

    half = Half.WITH_ONE
    torch_name = "add"
    torch_keeps = False
    fold = staticmethod(operator.add)
    neutral = Neutral(0, either_side=True)

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value, Value]:
        return dy, dy


@op
class Sub(Binary):
    """y = a - b."""

    half = Half.WITH_ALL
    torch_name = "sub"
    fold = staticmethod(operator.sub)
    neutral = Neutral(0, either_side=False)

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value, Value]:
        return dy, g.Neg(dy)


@op
class Mul(Binary):
    """y = a b."""

    half = Half.WITH_ALL
    torch_name = "mul"
    fold = staticmethod(operator.mul)
    neutral = Neutral(1, either_side=True)

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value, Value]:
        a, b = node.inputs
        return g.Mul(dy, b), g.Mul(dy, a)


@op
class Div(Binary):
    """y = a / b; whole numbers round toward zero."""

    half = Half.NEVER
    neutral = Neutral(1, either_side=False)
    samples = tuple(sample(*one.shapes, ranges=((-1, 1), (0.5, 2))) for one in SHAPES)

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value, Value]:
        _, b = node.inputs
        da = g.Div(dy, b)
        return da, g.Neg(g.Mul(da, node.output))

    @staticmethod
    def fold(a: float, b: float) -> float:
        if isinstance(a, int) and isinstance(b, int):
            return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
        return a / b

    @classmethod
    def torch(cls, torch: Any, node: Node) -> Callable[..., Any]:
        if node.output.dtype.is_float:
            return lambda a, b: a / b
        return lambda a, b: torch.div(a, b, rounding_mode="trunc")


@op
class Pow(Binary):
    """y = a ** b for a >= 0, or for any a where b is a whole number that needs no gradient.

    At a = 0 the gradients are PyTorch's: 0 for a where b = 0, and 0 for b where b >= 0.
    """

    half = Half.NEVER
    cost = Cost.COMPUTE  # 24 times as long as a product on ONNX Runtime's CPU
    torch_name = "pow"
    neutral = Neutral(1, either_side=False)
    samples = tuple(sample(*one.shapes, ranges=((0.5, 2), (-2, 2))) for one in SHAPES)

    @staticmethod
    def shape(a: Value, b: Value) -> Shape:
        floating(a, b)
        return broadcast(a.shape, b.shape)

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value, Value]:
        a, b = node.inputs
        number = constant_number(b)
        if number == 2:
            slope = g.Mul(a, 2.0)
        else:
            slope = g.Mul(b, g.Pow(a, g.Sub(b, 1.0)))
            slope = slope if number else g.Where(g.Equal(b, 0.0), 0.0, slope)
        flat = g.And(g.Equal(a, 0.0), g.GreaterOrEqual(b, 0.0))
        return g.Mul(dy, slope), g.Where(flat, 0.0, g.Mul(dy, g.Mul(node.output, g.Log(a))))


class Extremum(Binary):
    """The gradient goes to the input that was chosen, half to each where they are equal."""

    half = Half.WITH_ALL
    samples = (*SHAPES, sample((5,), (5,), dtypes=(DType.INT64, DType.INT64), ranges=((0, 9), (0, 9))))
    wins: ClassVar[str]
    """The comparison that holds where a is the result."""

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        if node.output.dtype is DType.INT64:
            a, b = node.inputs
            emit_whole_extremum(e, node, cls.wins, a, b, node.output)
        else:
            super().emit(e, node)


@op
class Max(Extremum):
    """The larger of a and b."""

    wins = "Greater"
    torch_name = "maximum"
    fold = staticmethod(max)

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value, Value]:
        a, b = node.inputs
        return share(g, dy, a, b)


@op
class Min(Extremum):
    """The smaller of a and b."""

    wins = "Less"
    torch_name = "minimum"
    fold = staticmethod(min)

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value, Value]:
        a, b = node.inputs
        return share(g, dy, b, a)


def emit_whole_extremum(e: Writer, node: Node, wins: str, a: Value | str, b: Value | str, result: Value | str) -> None:
    """Write a where the comparison holds, else b.

    ONNX Runtime's Max, Min and Clip (1.31, with AVX) compare the lower halves of whole numbers that differ by 2**31 and
    more; its comparisons and Where are exact.
    """
    holds = e.temporary()
    e.node(None, wins, [a, b], [holds])
    e.node(node, "Where", [holds, a, b], [result])


def share(g: Builder, dy: Value, a: Value, b: Value) -> tuple[Value, Value]:
    """dy split between a and b: all to a where a > b, half each where they are equal."""
    above = g.Cast(g.Greater(a, b), to=DType.FLOAT32)
    not_below = g.Cast(g.GreaterOrEqual(a, b), to=DType.FLOAT32)
    first = g.Mul(dy, g.Mul(g.Add(above, not_below), 0.5))
    return first, g.Sub(dy, first)


def constant_number(x: Value) -> float | int | bool | None:
    """The number that a literal with one element holds, else None."""
    if x.node is None or x.node.op != "Constant":
        return None
    literal = x.node.attributes["value"]
    assert isinstance(literal, Tensor)
    return literal.values[0] if len(literal.values) == 1 else None
