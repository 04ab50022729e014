"""Functions of one number that have no algebraic form: the error function, sine, cosine."""

from __future__ import annotations

import math

from netc.compiler.ir import Builder, Node, Value
from netc.compiler.ops.base import op
from netc.compiler.ops.facts import Cost, Half
from netc.compiler.ops.unary import FloatUnary


class Transcendental(FloatUnary):
    """Its results need the digits, and cost several products to make."""

    half = Half.NEVER
    cost = Cost.COMPUTE


@op
class Erf(Transcendental):
    """y = 2 / sqrt(pi) times the integral of e ** -t² from 0 to x."""

    torch_name = "erf"

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        x = node.inputs[0]
        return (g.Mul(dy, g.Mul(g.Exp(g.Neg(g.Mul(x, x))), 2.0 / math.sqrt(math.pi))),)


@op
class Sin(Transcendental):
    """y = sin x, of an angle in radians."""

    torch_name = "sin"

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        return (g.Mul(dy, g.Cos(node.inputs[0])),)


@op
class Cos(Transcendental):
    """y = cos x, of an angle in radians."""

    torch_name = "cos"

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        return (g.Neg(g.Mul(dy, g.Sin(node.inputs[0]))),)
