"""What means of moments lack in their first steps, exact to the last bits in float32."""

from __future__ import annotations

import math

from netc.compiler.ir import Builder, Value


def one_minus_power(g: Builder, beta: float, time: Value) -> Value:
    """1 - beta**t, also where beta**t is near 1."""
    if beta == 0.0:
        return g.Add(g.Mul(time, 0.0), 1.0)
    return one_minus_exponential(g, g.Mul(time, -math.log(beta)))


def one_minus_exponential(g: Builder, x: Value) -> Value:
    """1 - exp(-x) for x >= 0, as 2 tanh(x / 2) / (1 + tanh(x / 2)), which subtracts nothing."""
    tanh = g.Tanh(g.Mul(x, 0.5))
    return g.Div(g.Mul(tanh, 2.0), g.Add(tanh, 1.0))
