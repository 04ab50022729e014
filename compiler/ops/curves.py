"""Activations whose slope their parts would have wrong, or would lose digits of: at 0, and far from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netc.compiler.ir import Builder, Node, Value
from netc.compiler.ops.activations import Activation, positive
from netc.compiler.ops.base import REQUIRED, op, sample
from netc.compiler.ops.facts import Cost, Half


class Curve(Activation):
    """Made of exponentials or quotients, which need the range of float32."""

    half = Half.NEVER
    cost = Cost.COMPUTE


@op
class Elu(Curve):
    """y = x where x > 0, else alpha (e ** x - 1); the slope at 0 is alpha."""

    attributes = {"alpha": REQUIRED}
    samples = (
        sample((2, 3), alpha=1.0, ranges=((0.1, 1),)),
        sample((7,), alpha=0.5, ranges=((-3, -0.1),)),
        sample((3, 5), alpha=1.0),
    )

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        above, alpha = positive(g, node.inputs[0]), node.attributes["alpha"]
        below = g.Mul(g.Sub(1.0, above), g.Add(node.output, alpha))
        return (g.Mul(dy, g.Add(above, below)),)

    @classmethod
    def torch(cls, torch: Any, node: Node) -> Callable[..., Any]:
        alpha = node.attributes["alpha"]
        return lambda x: torch.nn.functional.elu(x, alpha)


@op
class Softplus(Curve):
    """y = ln(1 + e ** x), without overflow."""

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        return (g.Mul(dy, g.Sigmoid(node.inputs[0])),)

    @classmethod
    def torch(cls, torch: Any, node: Node) -> Callable[..., Any]:
        zero = torch.zeros(())
        return lambda x: torch.logaddexp(x, zero.to(x))


@op
class Softsign(Curve):
    """y = x / (1 + |x|)."""

    samples = (sample((2, 3)), sample((7,), ranges=((-9, 9),)), sample((2, 1, 3)))

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        inverse = g.Reciprocal(g.Add(g.Abs(node.inputs[0]), 1.0))
        return (g.Mul(dy, g.Mul(inverse, inverse)),)

    @classmethod
    def torch(cls, torch: Any, node: Node) -> Callable[..., Any]:
        softsign: Callable[..., Any] = torch.nn.functional.softsign
        return softsign
