"""The table of the blocked layout: for each operator of the graph, how it is written there."""

from __future__ import annotations

from netc.compiler.ir import Builder, DType, Node
from netc.compiler.ops import all_ops
from netc.compiler.ops.facts import Kind
from netc.compiler.targets.cpu.convolution import conv, conv_input_gradient
from netc.compiler.targets.cpu.normalization import batch_normalization_gradient, batch_normalization_training
from netc.compiler.targets.cpu.pooling import max_pool, max_pool_by_maxima, max_pool_gradient, needs_maxima
from netc.compiler.targets.cpu.weight_gradient import WEIGHT_GRADIENTS
from netc.compiler.targets.layout import Layout, Row, Way


def elementwise(layout: Layout, g: Builder, node: Node) -> bool:
    """Elementwise operators work on blocked values as they are, if all inputs are maps of one shape, or numbers.

    The runtime reorders floating-point numbers alone: truth values stay in the blocks in which they were made, and
    whole numbers are made plain.
    """
    shape = node.output.shape
    maps = [value for value in node.inputs if value.shape == shape]
    others = [value for value in node.inputs if value.shape != shape]
    if not any(map(layout.is_in_blocks, maps)):
        return False
    if not all(layout.is_in_blocks(value) or (layout.can_block(value) and value.dtype.is_float) for value in maps):
        return False
    if any(size != 1 for value in others for size in value.shape):
        return False
    if not node.output.dtype.is_float and node.output.dtype != DType.BOOL:
        return False
    inputs = [
        layout.blocked_and_filled(g, value) if value.shape == shape else layout.plain(value) for value in node.inputs
    ]
    return layout.set_result(node.output, g.add(node.op, inputs, node.attributes)[0])


def reduce_mean(layout: Layout, g: Builder, node: Node) -> bool:
    """The mean over height and width is the domain's global pooling."""
    (x,) = node.inputs
    if not layout.is_blocked(x) or set(node.attributes["axes"]) != {2, 3}:
        return False
    mean = g.BlockedMean(layout.blocked(x))
    return layout.set_plain(node.output, g.Reshape(mean, shape=node.output.shape))


def reduce_sum(layout: Layout, g: Builder, node: Node) -> bool:
    """The sum for each channel, such as a bias's gradient, by way of the mean for each map."""
    (x,) = node.inputs
    axes = node.attributes["axes"]
    if not layout.is_blocked(x) or set(axes) != {0, 2, 3}:
        return False
    height, width = x.shape[2:]
    if not isinstance(height, int) or not isinstance(width, int):
        return False
    means = g.BlockedMean(layout.blocked(x))
    total = g.ReduceSum(means, axes=axes, keepdims=node.attributes["keepdims"])
    return layout.set_plain(node.output, g.Mul(total, float(height * width)))


def concat(layout: Layout, g: Builder, node: Node) -> bool:
    """Blocked maps join along channels as they are, if each has whole blocks."""
    if node.attributes["axis"] != 1 or not any(map(layout.is_blocked, node.inputs)):
        return False
    if not all(map(layout.can_block, node.inputs)):
        return False
    return layout.set_blocked(node.output, g.Concat(*map(layout.blocked, node.inputs), axis=1))


OWN: dict[str, Row | tuple[Way, ...]] = {
    "BatchNormalizationGradient": batch_normalization_gradient,
    "BatchNormalizationTraining": batch_normalization_training,
    "Concat": concat,
    "Conv": conv,
    "ConvInputGradient": conv_input_gradient,
    "ConvWeightGradient": WEIGHT_GRADIENTS,
    "MaxPool": (Way("maxima", max_pool_by_maxima, needs_maxima), Way("blocked", max_pool)),
    "MaxPoolGradient": max_pool_gradient,
    "ReduceMean": reduce_mean,
    "ReduceSum": reduce_sum,
}
"""Operators with a row of their own."""


def rows() -> dict[str, Row | tuple[Way, ...]]:
    """The table: what is elementwise passes as it is, whatever it computes."""
    passing = [name for name, definition in all_ops().items() if definition.kind is Kind.ELEMENTWISE]
    return {**dict.fromkeys(passing, elementwise), **OWN}
