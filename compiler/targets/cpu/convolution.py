"""Convolution, and its gradient for the input, in the blocked layout."""

from __future__ import annotations

from typing import Any

from netc.compiler.ir import Builder, Node, Value
from netc.compiler.ops.checks import surely_less
from netc.compiler.targets.convolution import turning_pads
from netc.compiler.targets.cpu.weights import blocked_weights, fill_blocks, turned_alone, turned_weights
from netc.compiler.targets.layout import Layout


def conv(layout: Layout, g: Builder, node: Node) -> bool:
    """The domain's convolution; a ReLU that alone reads the result is taken in."""
    x, w, *bias = node.inputs
    if not fits(layout, x, node.output, node.attributes["group"]):
        return False
    relu = layout.only_reader(node.output, "Relu")
    result = relu.output if relu else node.output
    filled = [fill_blocks(layout, g, layout.plain(value), 0) for value in bias]
    y = g.BlockedConv(
        layout.blocked(x) if layout.can_block(x) else layout.plain(x),
        blocked_weights(layout, g, w),
        *filled,
        relu=relu is not None,
        **node.attributes,
    )
    if relu:
        layout.done.add(relu)
    return layout.set_result(result, y)


def fits(layout: Layout, x: Value, y: Value, group: Any) -> bool:
    """Whether the domain has this convolution: a map, few channels or whole blocks of them, known filters."""
    if is_depthwise(layout, x, y, group):
        return True
    if x.rank != 4 or group != 1 or not isinstance(y.shape[1], int):
        return False
    return layout.can_block(x) or surely_less(x.shape[1], layout.block)


def is_depthwise(layout: Layout, x: Value, y: Value, group: Any) -> bool:
    """Whether a convolution has one filter for each channel alone, and whole blocks of them."""
    return layout.can_block(x) and group == x.shape[1] == y.shape[1] != 1


def conv_input_gradient(layout: Layout, g: Builder, node: Node) -> bool:
    """A convolution with the kernel turned round, for stride 1; other strides are left to the standard form."""
    dy, w = node.inputs
    dx, shape, pads, group = node.output, node.attributes["shape"], node.attributes["pads"], node.attributes["group"]
    if node.attributes["strides"] != (1, 1) or not fits(layout, dy, dx, group):
        return False
    if not layout.can_block(dy):
        return False
    dilations: Any = node.attributes["dilations"]
    around = turning_pads(dy, w, shape, pads, dilations)
    if not all(isinstance(pad, int) and pad >= 0 for pad in around):
        return False
    weights = turned_alone(layout, g, w) if is_depthwise(layout, dy, dx, group) else turned_weights(layout, g, w)
    made = g.BlockedConv(layout.blocked(dy), weights, strides=(1, 1), pads=around, dilations=dilations, group=group)
    return layout.set_result(dx, made)
