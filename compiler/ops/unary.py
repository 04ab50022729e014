"""Elementwise operators of one input, activations among them."""

from __future__ import annotations

from typing import ClassVar

from netc.compiler.ir import Builder, DType, Node, Shape, Value
from netc.compiler.ops.base import REQUIRED, Op, Sample, Writer, op, sample
from netc.compiler.ops.checks import floating, numeric

SIGNED = (sample((2, 3)), sample(()), sample((2, 1, 3)))
AWAY_FROM_ZERO = (sample((2, 3), ranges=((0.1, 1),)), sample((7,), ranges=((-1, -0.1),)))
POSITIVE = (sample((2, 3), ranges=((0.2, 2),)), sample((), ranges=((0.5, 1),)))
WHOLE = sample((5,), dtypes=(DType.INT64,), ranges=((-4, 5),))


class Unary(Op):
    """One input of any number type, an output like it."""

    samples: ClassVar[tuple[Sample, ...]] = (*SIGNED, WHOLE)

    @staticmethod
    def shape(x: Value) -> Shape:
        numeric(x)
        return x.shape


class FloatUnary(Op):
    """One floating-point input, an output like it."""

    samples: ClassVar[tuple[Sample, ...]] = SIGNED

    @staticmethod
    def shape(x: Value) -> Shape:
        floating(x)
        return x.shape


@op
class Neg(Unary):
    """y = -x."""

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        return (g.Neg(dy),)


@op
class Abs(Unary):
    """y = |x|; the slope at 0 is 0."""

    samples = (*AWAY_FROM_ZERO, WHOLE)

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        return (g.Mul(dy, g.Sign(node.inputs[0])),)


@op
class Sign(Unary):
    """y = -1, 0 or 1."""

    differentiable = False


@op
class Exp(FloatUnary):
    """y = e ** x."""

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        return (g.Mul(dy, node.output),)


@op
class Log(FloatUnary):
    """y = ln x."""

    samples = POSITIVE

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        return (g.Div(dy, node.inputs[0]),)


@op
class Sqrt(FloatUnary):
    """y = x ** 0.5."""

    samples = POSITIVE

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        return (g.Div(g.Mul(dy, 0.5), node.output),)


@op
class Reciprocal(FloatUnary):
    """y = 1 / x."""

    samples = (sample((2, 3), ranges=((0.5, 2),)), sample((4,), ranges=((-2, -0.5),)))

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        return (g.Neg(g.Mul(dy, g.Mul(node.output, node.output))),)


@op
class Relu(FloatUnary):
    """y = max(x, 0); the slope at 0 is 0."""

    samples = (*AWAY_FROM_ZERO, sample((2, 3, 4)))

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        return (g.Mul(dy, positive(g, node.output)),)


@op
class LeakyRelu(Op):
    """y = x where x > 0, else alpha x; the slope at 0 is alpha."""

    attributes = {"alpha": REQUIRED}
    samples = (
        sample((2, 3), alpha=0.01, ranges=((0.1, 1),)),
        sample((7,), alpha=0.2, ranges=((-1, -0.1),)),
        sample((3, 5), alpha=-0.5),
    )

    @staticmethod
    def shape(x: Value, *, alpha: float) -> Shape:
        floating(x)
        return x.shape

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        alpha = node.attributes["alpha"]
        slope = g.Add(g.Mul(positive(g, node.inputs[0]), 1 - alpha), alpha)
        return (g.Mul(dy, slope),)


@op
class Sigmoid(FloatUnary):
    """y = 1 / (1 + e ** -x)."""

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        y = node.output
        return (g.Mul(dy, g.Mul(y, g.Sub(1.0, y))),)


@op
class HardSigmoid(Op):
    """y = alpha x + beta, cut off below 0 and above 1."""

    attributes = {"alpha": 0.2, "beta": 0.5}
    samples = (sample((2, 3)), sample((7,), alpha=1.0, beta=0.2, ranges=((0.1, 0.7),)), sample((2, 4), alpha=0.05))

    @staticmethod
    def shape(x: Value, *, alpha: float, beta: float) -> Shape:
        floating(x)
        return x.shape

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        y = node.output
        inside = g.Mul(positive(g, y), positive(g, g.Sub(1.0, y)))
        return (g.Mul(dy, g.Mul(inside, node.attributes["alpha"])),)


@op
class Tanh(FloatUnary):
    """y = tanh x."""

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        y = node.output
        return (g.Mul(dy, g.Sub(1.0, g.Mul(y, y))),)


@op
class Identity(Op):
    """y = x."""

    samples = (*SIGNED, WHOLE, sample((3,), dtypes=(DType.BOOL,), ranges=((0, 2),)))

    @staticmethod
    def shape(x: Value) -> Shape:
        return x.shape

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        return (dy,)


@op
class Dropout(Op):
    """y = x where the network runs; in training `passes/` turn it into x times a mask / (1 - rate).

    rate is the share of elements that training sets to zero, in [0, 1).
    """

    attributes = {"rate": REQUIRED}
    samples = (sample((2, 3), rate=0.5),)

    @staticmethod
    def shape(x: Value, *, rate: float) -> Shape:
        floating(x)
        return x.shape

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        return (dy,)

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        e.node(node, "Identity", node.inputs)


@op
class Cast(Op):
    """The same numbers with element type `to`; to whole numbers they round toward zero, to bool 0 is false."""

    attributes = {"to": REQUIRED}
    samples = (
        sample((2, 3), to=DType.INT64, ranges=((-9, 9),)),
        sample((2, 3), to=DType.FLOAT32),
        sample((4,), to=DType.FLOAT32, dtypes=(DType.UINT8,), ranges=((0, 256),)),
        sample((4,), to=DType.FLOAT32, dtypes=(DType.BOOL,), ranges=((0, 2),)),
        sample((4,), to=DType.BOOL, dtypes=(DType.INT64,), ranges=((-1, 2),)),
        sample((2,), to=DType.INT32, dtypes=(DType.INT64,), ranges=((-5, 5),)),
    )

    @staticmethod
    def shape(x: Value, *, to: DType) -> Shape:
        return x.shape

    @staticmethod
    def dtype(x: Value, *, to: DType) -> DType:
        return to

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        return (g.Cast(dy, to=node.inputs[0].dtype),)


def positive(g: Builder, x: Value) -> Value:
    """1 where x > 0, else 0, as a floating-point mask."""
    return g.Cast(g.Greater(x, 0.0), to=DType.FLOAT32)
