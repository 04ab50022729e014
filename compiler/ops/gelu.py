"""GELU: as ONNX has it whole, and in the parts that gradients and chains of operators are made of."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from netc.compiler.ir import Builder, Node, Shape, Value
from netc.compiler.ops.base import Op, op, sample
from netc.compiler.ops.checks import floating
from netc.compiler.ops.facts import Cost, Half, Kind

CUBE = 0.044715
"""Of the approximation by tanh."""


@op
class Gelu(Op):
    """y = x / 2 * (1 + erf(x / sqrt(2))), or with `approximate="tanh"` what `in_parts` says (arXiv:1606.08415)."""

    kind = Kind.ELEMENTWISE
    half = Half.NEVER
    cost = Cost.COMPUTE
    attributes = {"approximate": "none"}
    samples = (sample((2, 3)), sample((2, 3, 4), approximate="tanh"), sample((40,), ranges=((-6, 6),)))

    @staticmethod
    def shape(x: Value, *, approximate: str) -> Shape:
        floating(x)
        return x.shape

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        (x,) = node.inputs
        share = _share(g, x, node.attributes["approximate"])
        if node.attributes["approximate"] == "tanh":
            inner = g.Mul(g.Add(g.Mul(g.Mul(x, x), 3 * CUBE), 1.0), math.sqrt(0.5 / math.pi))
            slope = g.Mul(g.Sub(1.0, g.Mul(share, share)), inner)
        else:
            slope = g.Mul(g.Exp(g.Mul(g.Mul(x, x), -0.5)), math.sqrt(0.5 / math.pi))
        return (g.Mul(dy, g.Add(g.Add(g.Mul(share, 0.5), 0.5), g.Mul(x, slope))),)

    @classmethod
    def torch(cls, torch: Any, node: Node) -> Callable[..., Any]:
        return lambda x: torch.nn.functional.gelu(x, approximate=node.attributes["approximate"])


def in_parts(g: Builder, x: Value, *, approximate: str) -> Value:
    """x (share / 2 + 1 / 2), the share being erf(x / sqrt(2)), or tanh(sqrt(2 / pi) (x + 0.044715 x³))."""
    return g.Mul(x, g.Add(g.Mul(_share(g, x, approximate), 0.5), 0.5))


def _share(g: Builder, x: Value, approximate: str) -> Value:
    if approximate == "none":
        return g.Erf(g.Mul(x, math.sqrt(0.5)))
    inner = g.Mul(x, g.Add(g.Mul(g.Mul(x, x), CUBE), 1.0))
    return g.Tanh(g.Mul(inner, math.sqrt(2.0 / math.pi)))
