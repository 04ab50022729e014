"""The gradient of a convolution for its weights in the blocked layout: four ways, by kernel, channels and batch."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from netc.compiler.ir import Builder, DType, Node, Tensor, Value, product
from netc.compiler.ops.checks import surely_less
from netc.compiler.targets.convolution import cut_to_windows, static
from netc.compiler.targets.cpu.layout import Layout
from netc.compiler.targets.cpu.strips import by_strips, strips_of_examples
from netc.compiler.targets.cpu.weights import plain_gradient
from netc.compiler.targets.strides import every

SMALL_WINDOW = 64
"""Windows of so few numbers are worth gathering for the first layer's weight gradient."""


def conv_weight_gradient(layout: Layout, g: Builder, node: Node) -> bool:
    """By kernel and channels: a product of matrices, gathered windows, or one convolution with dy as its kernel."""
    x = node.inputs[0]
    if x.rank != 4 or node.attributes["group"] != 1 or not isinstance(x.shape[1], int):
        return False
    kernel, pads = node.attributes["kernel"], node.attributes["pads"]
    if kernel == (1, 1) and not any(pads):
        dw = pointwise(layout, g, node)
    elif surely_less(product(kernel) * x.shape[1], SMALL_WINDOW):
        dw = gathered(layout, g, node)
    elif (strips := strips_of_examples(layout, node)) is not None:
        dw = by_strips(layout, g, node, strips)
    else:
        dw = swapped(layout, g, node)
    return layout.set_plain(node.output, dw)


def pointwise(layout: Layout, g: Builder, node: Node) -> Value:
    """1x1 kernels: a product for each example and a sum, or one long product over all places where maps are small."""
    x, dy = node.inputs
    channels, filters, places = x.shape[1], dy.shape[1], product(dy.shape[2:])
    plain, last = read_places(layout, g, node)
    if surely_less((channels + filters) * places, channels * filters):
        rows = product((dy.shape[0], places))
        left = g.Reshape(layout.channels_last(dy), shape=(rows, filters))
        dw = g.TransposedMatMul(left, g.Reshape(last(), shape=(rows, channels)), left=True)
    else:
        left = g.Reshape(layout.plain(dy), shape=(dy.shape[0], filters, places))
        right = g.Reshape(plain(), shape=(dy.shape[0], channels, places))
        dw = g.ReduceSum(g.TransposedMatMul(left, right, right=True), axes=(0,))
    return g.Reshape(dw, shape=(filters, channels, 1, 1))


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


def gathered(layout: Layout, g: Builder, node: Node) -> Value:
    """Few numbers in a window: a convolution with unit kernels gathers them, then dy times them for each example."""
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
    return g.Reshape(dw, shape=(dy.shape[1], channels, *kernel))


def swapped(layout: Layout, g: Builder, node: Node) -> Value:
    """One standard convolution: the batch as channels, dy as the kernel, width and channels of x merged."""
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
    return plain_gradient(g, dw, channels % layout.block == 0)
