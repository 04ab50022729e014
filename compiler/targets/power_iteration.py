"""A power iteration as standard operators."""

from __future__ import annotations

from netc.compiler.ir import Builder, Value


def power_iteration(g: Builder, w: Value, u: Value, v: Value, *, epsilon: float) -> tuple[Value, Value]:
    """Two products of the matrix with a vector, each divided by its length."""
    (rows,), (columns,) = u.shape, v.shape
    u = _of_length_one(g, g.MatMul(w, g.Reshape(v, shape=(columns, 1))), epsilon)
    v = _of_length_one(g, g.MatMul(g.Reshape(u, shape=(1, rows)), w), epsilon)
    return g.Reshape(u, shape=(rows,)), g.Reshape(v, shape=(columns,))


def _of_length_one(g: Builder, x: Value, epsilon: float) -> Value:
    length = g.Sqrt(g.ReduceSum(g.Mul(x, x), axes=(0, 1), keepdims=True))
    return g.Div(x, g.Max(length, epsilon))
