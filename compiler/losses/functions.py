"""Functions of numbers that stay finite where their definition overflows, shared by losses."""

from __future__ import annotations

from netc.compiler.ir import Builder, Value

TANGENT = 60.0
"""From where on e**x goes on along its tangent: e**60 is 1e26, and float32 ends at 3e38."""

SMALLEST = 1e-37
"""The smallest probability that a logarithm is taken of: below lie numbers that processors flush to 0."""


def softplus(g: Builder, x: Value) -> Value:
    """log(1 + e**x), without overflow. Its slope is the sigmoid."""
    return g.Add(g.Max(x, 0.0), g.Log(g.Add(g.Exp(g.Neg(g.Abs(x))), 1.0)))


def growth(g: Builder, x: Value) -> Value:
    """e**x, from 60 on its tangent: finite, and with the slope that leads back."""
    return g.Mul(g.Exp(g.Min(x, TANGENT)), g.Add(g.Max(g.Sub(x, TANGENT), 0.0), 1.0))


def log_of(g: Builder, p: Value) -> Value:
    """The logarithm of a probability; 0 counts as 1e-37, with slope 0."""
    return g.Log(g.Max(p, SMALLEST))


def square(g: Builder, x: Value) -> Value:
    """x * x."""
    return g.Mul(x, x)


def distance(g: Builder, a: Value, b: Value, epsilon: float = 0.0) -> Value:
    """Euclid's, along the last axis: [N, F] -> [N]. Equal ones have slope 0, or as if `epsilon` apart."""
    apart = g.Add(g.Sub(a, b), epsilon)
    return g.Sqrt(g.Max(g.ReduceSum(square(g, apart), axes=(a.rank - 1,)), 1e-24))
