"""Where lowerings of convolution's gradients apply and when they are taken; docs/targets.md shows the docstrings."""

from __future__ import annotations

from netc.compiler.ir import Node, product
from netc.compiler.ops.checks import surely_less
from netc.compiler.targets.convolution import turning_pads

FEW_CHANNELS = 32
"""Below that the product of a single kernel place is too thin for a card's multipliers."""


def is_pointwise(node: Node) -> bool:
    """1x1 kernels without padding and groups"""
    attributes = node.attributes
    kernel_is_one = all(size == 1 for size in attributes["kernel"])
    return kernel_is_one and not any(attributes["pads"]) and attributes["group"] == 1


def is_ungrouped(node: Node) -> bool:
    """one group"""
    return bool(node.attributes["group"] == 1)


def has_large_sums(node: Node) -> bool:
    """where a product for each example would be larger than its factors"""
    x, dy = node.inputs
    channels, filters, places = x.shape[1], dy.shape[1], product(dy.shape[2:])
    return surely_less((channels + filters) * places, channels * filters)


def has_few_channels(node: Node) -> bool:
    """fewer than 32 channels in a group"""
    return surely_less(node.inputs[0].shape[1] // node.attributes["group"], FEW_CHANNELS)


def can_turn(node: Node) -> bool:
    """stride 1, known sizes, padding of less than the kernel"""
    dy, w = node.inputs
    attributes = node.attributes
    if any(stride != 1 for stride in attributes["strides"]):
        return False
    pads = turning_pads(dy, w, attributes["shape"], attributes["pads"], attributes["dilations"])
    return all(isinstance(pad, int) and pad >= 0 for pad in pads)
