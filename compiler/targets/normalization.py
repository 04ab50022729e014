"""Batch normalization over the batch's own statistics, its gradient, and standardization, as standard operators."""

from __future__ import annotations

from netc.compiler.ir import Builder, Node, Value
from netc.compiler.ops.checks import normal_axes
from netc.compiler.ops.normalization import all_but_channels, per_channel


def batch_normalization_training(
    g: Builder, x: Value, scale: Value, bias: Value, *, epsilon: float
) -> tuple[Value, Value, Value]:
    """The variance is taken about the mean, in a second pass: E[x^2] - E[x]^2 loses half the digits in deep nets.

    A sum over a whole batch rounds the mean by several units of its last place, which is much where the deviation is
    small beside it. What is left over about that mean puts it right.
    """
    axes = all_but_channels(x)
    given, x = x.dtype, g.Cast(x, to=scale.dtype)
    rough = g.ReduceMean(x, axes=axes)
    mean = g.Add(rough, g.ReduceMean(g.Sub(x, per_channel(g, rough, x.rank)), axes=axes))
    centred = g.Sub(x, per_channel(g, mean, x.rank))
    variance = g.ReduceMean(g.Mul(centred, centred), axes=axes)
    slope = g.Div(scale, g.Sqrt(g.Add(variance, epsilon)))
    y = g.Add(g.Mul(centred, per_channel(g, slope, x.rank)), per_channel(g, bias, x.rank))
    return g.Cast(y, to=given), mean, variance


def batch_normalization_gradient(
    g: Builder, dy: Value, x: Value, scale: Value, mean: Value, variance: Value, *, epsilon: float
) -> tuple[Value, Value, Value]:
    """dx = scale / s (dy - E[dy] - c E[dy c] / s^2), with c = x - mean, s^2 = variance + epsilon."""
    axes = all_but_channels(x)
    given, x, dy = x.dtype, g.Cast(x, to=scale.dtype), g.Cast(dy, to=scale.dtype)
    inverse = g.Reciprocal(g.Sqrt(g.Add(variance, epsilon)))
    centred = g.Sub(x, per_channel(g, mean, x.rank))
    product = g.Mul(dy, centred)
    dscale = g.Mul(g.ReduceSum(product, axes=axes), inverse)
    dbias = g.ReduceSum(dy, axes=axes)
    drift = g.Mul(g.ReduceMean(product, axes=axes), g.Mul(inverse, inverse))
    inner = g.Sub(dy, per_channel(g, g.ReduceMean(dy, axes=axes), x.rank))
    inner = g.Sub(inner, g.Mul(centred, per_channel(g, drift, x.rank)))
    dx = g.Mul(inner, per_channel(g, g.Mul(scale, inverse), x.rank))
    return g.Cast(dx, to=given), dscale, dbias


def is_over_last_axes(node: Node) -> bool:
    """about the mean, over the last axes"""
    (x,), given = node.inputs, node.attributes
    axes = sorted(normal_axes(x, given["axes"]))
    return bool(axes) and given["centred"] and axes == list(range(axes[0], x.rank))


def layer_normalization(
    g: Builder, x: Value, *, axes: tuple[int, ...], epsilon: float, centred: bool
) -> tuple[Value, ...]:
    """ONNX's operator: in ONNX Runtime a twelfth of the time, and nearer to the truth than PyTorch's."""
    return g.add("LayerNormalization", (x,), {"axis": min(normal_axes(x, axes)), "epsilon": epsilon})


def standardization(
    g: Builder, x: Value, *, axes: tuple[int, ...], epsilon: float, centred: bool
) -> tuple[Value, Value]:
    """The variance is taken about the mean, and what rounding has left of the mean is taken off again, as above."""
    if centred:
        x = g.Sub(x, g.ReduceMean(x, axes=axes, keepdims=True))
        x = g.Sub(x, g.ReduceMean(x, axes=axes, keepdims=True))
    inverse = g.Reciprocal(g.Sqrt(g.Add(g.ReduceMean(g.Mul(x, x), axes=axes, keepdims=True), epsilon)))
    return g.Mul(x, inverse), inverse
