"""Activations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from netc.compiler.ir import Builder, DType, Node, Shape, Value
from netc.compiler.ops.base import REQUIRED, Op, Sample, op, sample
from netc.compiler.ops.checks import floating
from netc.compiler.ops.facts import Half, Kind
from netc.compiler.ops.unary import AWAY_FROM_ZERO, SIGNED


class Activation(Op):
    """A function of one floating-point number that is harmless to round."""

    kind = Kind.ELEMENTWISE
    half = Half.WITH_ALL
    samples: ClassVar[tuple[Sample, ...]] = SIGNED

    @staticmethod
    def shape(x: Value, **settings: Any) -> Shape:
        floating(x)
        return x.shape


@op
class Relu(Activation):
    """y = max(x, 0); the slope at 0 is 0."""

    torch_name = "relu"
    samples = (*AWAY_FROM_ZERO, sample((2, 3, 4)))

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        return (g.Mul(dy, positive(g, node.output)),)


@op
class LeakyRelu(Activation):
    """y = x where x > 0, else alpha x; the slope at 0 is alpha."""

    attributes = {"alpha": REQUIRED}
    samples = (
        sample((2, 3), alpha=0.01, ranges=((0.1, 1),)),
        sample((7,), alpha=0.2, ranges=((-1, -0.1),)),
        sample((3, 5), alpha=-0.5),
    )

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        alpha = node.attributes["alpha"]
        slope = g.Add(g.Mul(positive(g, node.inputs[0]), 1 - alpha), alpha)
        return (g.Mul(dy, slope),)

    @classmethod
    def torch(cls, torch: Any, node: Node) -> Callable[..., Any]:
        alpha = node.attributes["alpha"]
        return lambda x: torch.nn.functional.leaky_relu(x, alpha)


@op
class Sigmoid(Activation):
    """y = 1 / (1 + e ** -x)."""

    torch_name = "sigmoid"
    probabilities = True

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        y = node.output
        return (g.Mul(dy, g.Mul(y, g.Sub(1.0, y))),)


@op
class HardSigmoid(Activation):
    """y = alpha x + beta, cut off below 0 and above 1."""

    attributes = {"alpha": 0.2, "beta": 0.5}
    samples = (sample((2, 3)), sample((7,), alpha=1.0, beta=0.2, ranges=((0.1, 0.7),)), sample((2, 4), alpha=0.05))

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        y = node.output
        inside = g.Mul(positive(g, y), positive(g, g.Sub(1.0, y)))
        return (g.Mul(dy, g.Mul(inside, node.attributes["alpha"])),)

    @classmethod
    def torch(cls, torch: Any, node: Node) -> Callable[..., Any]:
        alpha, beta = node.attributes["alpha"], node.attributes["beta"]
        return lambda x: torch.clamp(alpha * x + beta, 0.0, 1.0)


@op
class Tanh(Activation):
    """y = tanh x."""

    torch_name = "tanh"

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        y = node.output
        return (g.Mul(dy, g.Sub(1.0, g.Mul(y, y))),)


def positive(g: Builder, x: Value) -> Value:
    """1 where x > 0, else 0, as a floating-point mask."""
    return g.Cast(g.Greater(x, 0.0), to=DType.FLOAT32)
