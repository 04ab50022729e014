"""The gradient of a convolution for its weights in the blocked layout: five ways, by kernel, channels and batch."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from netc.compiler.ir import Builder, DType, Node, Tensor, Value, product
from netc.compiler.ops.checks import surely_less
from netc.compiler.targets.conditions import has_large_sums as is_large
from netc.compiler.targets.convolution import cut_to_windows, static
from netc.compiler.targets.cpu.strips import by_strips, strips_of_examples
from netc.compiler.targets.cpu.weights import plain_gradient
from netc.compiler.targets.layout import Layout, Way
from netc.compiler.targets.strides import every

SMALL_WINDOW = 64
"""Windows of so few numbers are worth gathering for the first layer's weight gradient."""


def fits(node: Node) -> bool:
    """Whether the layout has weight gradients of such a convolution: two axes, no groups, known channels."""
    x, dy = node.inputs
    known = isinstance(x.shape[1], int) and isinstance(dy.shape[1], int)
    return x.rank == 4 and node.attributes["group"] == 1 and known


def is_pointwise(node: Node) -> bool:
    """Whether a 1x1 kernel reads x without padding."""
    return fits(node) and node.attributes["kernel"] == (1, 1) and not any(node.attributes["pads"])


def pointwise(layout: Layout, g: Builder, node: Node) -> bool:
    """1x1 kernels: a product of matrices for each example, and their sum."""
    if not is_pointwise(node):
        return False
    x, dy = node.inputs
    channels, filters, places = x.shape[1], dy.shape[1], product(dy.shape[2:])
    plain, _ = read_places(layout, g, node)
    left = g.Reshape(layout.plain(dy), shape=(dy.shape[0], filters, places))
    right = g.Reshape(plain(), shape=(dy.shape[0], channels, places))
    dw = g.ReduceSum(g.TransposedMatMul(left, right, right=True), axes=(0,))
    return layout.set_plain(node.output, g.Reshape(dw, shape=(filters, channels, 1, 1)))


def long_product(layout: Layout, g: Builder, node: Node) -> bool:
    """1x1 kernels: one product of matrices over all places of all examples."""
    if not is_pointwise(node):
        return False
    x, dy = node.inputs
    channels, filters, rows = x.shape[1], dy.shape[1], product((dy.shape[0], *dy.shape[2:]))
    _, last = read_places(layout, g, node)
    left = g.Reshape(layout.channels_last(dy), shape=(rows, filters))
    dw = g.TransposedMatMul(left, g.Reshape(last(), shape=(rows, channels)), left=True)
    return layout.set_plain(node.output, g.Reshape(dw, shape=(filters, channels, 1, 1)))


def read_places(layout: Layout, g: Builder, node: Node) -> tuple[Callable[[], Value], Callable[[], Value]]:
    """The places of x that a 1x1 kernel reads, as a plain map and channels last, each made when asked for."""
    x, dy = node.inputs
    strides: Any = node.attributes["strides"]
    if strides == (1, 1):
        return lambda: layout.plain(x), lambda: layout.channels_last(x)
    lying = layout.as_it_lies(g, x) if layout.is_blocked(x) else layout.plain(x)
    for i, stride in enumerate(strides):
        lying = every(g, lying, i + 2, stride, dy.shape[i + 2])
    if not layout.is_blocked(x):
        return lambda: lying, lambda: g.Transpose(lying, axes=(0, 2, 3, 1))
    blocked = g.Reshape(lying, shape=(*x.shape[:2], *dy.shape[2:]))
    return lambda: g.FromBlocked(blocked), lambda: g.FromBlocked(blocked, channels_last=True)


def gathered(layout: Layout, g: Builder, node: Node) -> bool:
    """A convolution with unit kernels gathers the windows, then dy times them for each example."""
    if not fits(node):
        return False
    x, dy = node.inputs
    kernel: Any = node.attributes["kernel"]
    (channels,) = static(x.shape[1:2])
    numbers = math.prod(kernel) * channels
    unit = tuple(float(i == j) for i in range(numbers) for j in range(numbers))
    gather = g.Constant(value=Tensor(DType.FLOAT32, (numbers, channels, *kernel), unit))
    rest = {name: value for name, value in node.attributes.items() if name != "kernel"}
    windows = g.Conv(layout.plain(x), gather, **rest)
    places = product(dy.shape[2:])
    left = g.Reshape(layout.plain(dy), shape=(*dy.shape[:2], places))
    right = g.Reshape(windows, shape=(x.shape[0], numbers, places))
    dw = g.ReduceSum(g.TransposedMatMul(left, right, right=True), axes=(0,))
    return layout.set_plain(node.output, g.Reshape(dw, shape=(dy.shape[1], channels, *kernel)))


def strips(layout: Layout, g: Builder, node: Node) -> bool:
    """A blocked convolution over strips of rows: the speed of the forward pass."""
    cut = strips_of_examples(layout, node) if fits(node) else None
    return cut is not None and layout.set_plain(node.output, by_strips(layout, g, node, cut))


def swapped(layout: Layout, g: Builder, node: Node) -> bool:
    """One standard convolution with dy as the kernel, the batch as channels, width and channels of x merged."""
    if not fits(node):
        return False
    x, dy = node.inputs
    kernel: Any = node.attributes["kernel"]
    strides: Any = node.attributes["strides"]
    pads: Any = node.attributes["pads"]
    dilations: Any = node.attributes["dilations"]
    channels, filters = static((x.shape[1], dy.shape[1]))
    used = [(kernel[i] - 1) * dilations[i] + (dy.shape[i + 2] - 1) * strides[i] + 1 for i in range(2)]
    ends = [used[i] - x.shape[i + 2] - pads[i] for i in range(2)]
    if all(isinstance(end, int) and end >= 0 for end in ends):
        lying, begins = layout.channels_last(x), pads[:2]
    else:
        cut, begins, cut_ends = cut_to_windows(g, layout.plain(x), dy, kernel, strides, pads, dilations)
        lying, ends = g.Transpose(cut, axes=(0, 2, 3, 1)), list(cut_ends)
    batch, height, width, _ = lying.shape
    dw = g.Conv(
        g.Reshape(lying, shape=(1, batch, height, width * channels)),
        g.Transpose(layout.plain(dy), axes=(1, 0, 2, 3)),
        strides=(dilations[0], 1),
        dilations=(strides[0], strides[1] * channels),
        pads=(begins[0], begins[1] * channels, ends[0], ends[1] * channels),
    )
    dense = (kernel[1] - 1) * dilations[1] + 1
    dw = g.Reshape(dw, shape=(filters, kernel[0], dense, channels))
    if dilations[1] > 1:
        dw = g.Slice(dw, starts=(0,), stops=(dense,), axes=(2,), steps=(dilations[1],))
    return layout.set_plain(node.output, plain_gradient(g, dw, channels % layout.block == 0))


def has_large_sums(layout: Layout, node: Node) -> bool:
    """where a product for each example would be larger than its factors"""
    return is_large(node)


def has_small_windows(layout: Layout, node: Node) -> bool:
    """windows of fewer than 64 numbers"""
    return surely_less(product(node.attributes["kernel"]) * node.inputs[0].shape[1], SMALL_WINDOW)


WEIGHT_GRADIENTS = (
    Way("long_product", long_product, has_large_sums, applies="1x1 kernels"),
    Way("pointwise", pointwise, applies="1x1 kernels"),
    Way("gathered", gathered, has_small_windows, applies="maps without groups"),
    Way("strips", strips, applies="maps whose rows can be cut evenly, batch and sizes known"),
    Way("swapped", swapped, applies="maps without groups"),
)
"""In this order. A 1x1 kernel always takes a product, and the last takes what is left of two axes without groups."""
