"""Batch normalization by the batch's statistics, and its gradient, in the blocked layout.

Forward and backward pass share the centred map, and what its channels' means are off.

Scaling and shifting each channel is a depthwise 1x1 convolution there: one pass. Means are global pooling.
"""

from __future__ import annotations

from netc.compiler.ir import Builder, Node, Value, product
from netc.compiler.ops.sources import number_of
from netc.compiler.targets.layout import Layout


def batch_normalization_training(layout: Layout, g: Builder, node: Node) -> bool:
    """The variance is taken about the mean, in a second pass. A ReLU that alone reads the result is taken in.

    The sum over a batch rounds the mean. What is left over about it is put right in numbers of a channel alone: mean,
    variance and shift.
    """
    x, scale, bias = node.inputs
    if not layout.is_blocked(x):
        return False
    y, mean, variance = node.outputs
    rough = mean_of(g, layout.blocked(x))
    middle = layout.once(f"centred by {mean.name}", x, lambda: minus(g, layout.blocked(x), rough))
    rest = layout.once("left over", mean, lambda: mean_of(g, middle))
    layout.set_plain(mean, g.Add(rough, rest))
    variance_now = g.Sub(mean_of(g, g.Mul(middle, middle)), g.Mul(rest, rest))
    layout.set_plain(variance, variance_now)
    slope = g.Div(layout.plain(scale), g.Sqrt(g.Add(variance_now, node.attributes["epsilon"])))
    relu = layout.only_reader(y, "Relu")
    made = affine(g, middle, slope, g.Sub(layout.plain(bias), g.Mul(rest, slope)), relu=relu is not None)
    if relu:
        layout.done.add(relu)
    return layout.set_blocked(relu.output if relu else y, made)


def batch_normalization_gradient(layout: Layout, g: Builder, node: Node) -> bool:
    """dx = k (dy - E[dy] - c E[dy c] / s^2), k = scale / s, c = x - mean: two scaled maps and their sum."""
    dy, x, scale, mean, variance = node.inputs
    if not layout.is_blocked(x):
        return False
    dx, dscale, dbias = node.outputs
    middle = layout.once(f"centred by {mean.name}", x, lambda: minus(g, layout.blocked(x), layout.plain(mean)))
    rest = layout.once("left over", mean, lambda: g.Expand(g.constant(0.0), shape=mean.shape))
    slope = layout.blocked(dy)
    inverse = g.Reciprocal(g.Sqrt(g.Add(layout.plain(variance), node.attributes["epsilon"])))
    mean_slope = mean_of(g, slope)
    mean_product = g.Sub(mean_of(g, g.Mul(slope, middle)), g.Mul(rest, mean_slope))
    count = number_of_places(g, x)
    layout.set_plain(dbias, g.Mul(mean_slope, count))
    layout.set_plain(dscale, g.Mul(g.Mul(mean_product, inverse), count))
    factor = g.Mul(layout.plain(scale), inverse)
    drift = g.Neg(g.Mul(factor, g.Mul(mean_product, g.Mul(inverse, inverse))))
    moved = affine(g, slope, factor, g.Neg(g.Mul(factor, mean_slope)))
    return layout.set_blocked(dx, g.Add(moved, affine(g, middle, drift, g.Neg(g.Mul(drift, rest)))))


def minus(g: Builder, x: Value, mean: Value) -> Value:
    """x - mean for each channel of a blocked map."""
    return affine(g, x, g.Expand(g.constant(1.0), shape=mean.shape), g.Neg(mean))


def affine(g: Builder, x: Value, slope: Value, shift: Value | None = None, *, relu: bool = False) -> Value:
    """slope x + shift for each channel, then perhaps a ReLU."""
    channels = slope.shape[0]
    weights = g.Reshape(slope, shape=(channels, 1, 1, 1))
    rest = {"strides": (1, 1), "pads": (0, 0, 0, 0), "dilations": (1, 1), "group": channels, "relu": relu}
    return g.BlockedConv(x, weights, *([] if shift is None else [shift]), **rest)


def mean_of(g: Builder, x: Value) -> Value:
    """[C]: the mean over examples and places of a blocked map."""
    return g.ReduceMean(g.BlockedMean(x), axes=(0, 2, 3))


def number_of_places(g: Builder, x: Value) -> float | Value:
    """N H W as a number."""
    return number_of(g, product((x.shape[0], *x.shape[2:])))
