"""The gradient of a convolution for its weights as a blocked convolution: the speed of the forward pass.

dw[o, c, k] sums dy[n, o, p] x[n, c, p stride + k - pad] over examples n and places p. Cut the rows of dy into strips:
then (n, strip) are the channels of a convolution, the places of a strip its kernel, and the kernel's places its output.
Blocks of channels c are its batch; width and the channels of a block lie merged, so that the kernel steps over whole
places by its dilation.

    x   [C / c, N strips, rows, W c]   by   dy [O, N strips, strip, OW]   gives   dw [C / c, O, KH, KW c]
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

from netc.compiler.ir import Builder, DType, Node, Tensor, Value
from netc.compiler.targets.convolution import static
from netc.compiler.targets.cpu.weights import plain_gradient
from netc.compiler.targets.layout import Layout
from netc.grammar.counted import counted

CACHED_KERNEL = 450_000
"""Bytes of dy, as the kernel of one block of channels and four of filters, that stay in a core's second cache."""
LARGEST_KERNEL = 2_000_000
"""Beyond that the standard convolution is as fast."""
LEAST_ROWS = 4
"""Strips of fewer rows repeat too much of x: each needs the kernel's height less one more."""
SHARES = (8, 4, 2, 1)
"""Into how many sums the channels are split where there are few blocks of x, so that threads have equal shares."""


@dataclass(frozen=True)
class Strips:
    """How the rows of dy are cut, and the zeros around height and width of x that make windows fit exactly."""

    count: int
    rows: int
    height: tuple[int, int]
    width: tuple[int, int]


def strips_of_examples(layout: Layout, node: Node) -> Strips | None:
    """The best way to cut that fills whole blocks with examples; None where the form does not apply."""
    x, dy = node.inputs
    sizes = (*x.shape, *dy.shape)
    if not all(isinstance(size, int) for size in sizes) or node.attributes["dilations"] != (1, 1):
        return None
    batch, filters, height, width = static(dy.shape)
    height_zeros, width_zeros = (zeros_around(node, axis) for axis in range(2))
    if min(*height_zeros, *width_zeros) < 0:
        return None
    counts = [
        count
        for count in range(1, height + 1)
        if height % count == 0 and batch * count % layout.block == 0 and (count == 1 or height // count >= LEAST_ROWS)
    ]
    row = width * min(layout.filled(filters), 4 * layout.block) * layout.block * 4
    counts = [count for count in counts if height // count * row <= LARGEST_KERNEL]
    if not counts:
        return None
    best = min(counts, key=lambda count: time_of_strips(count, height // count * row, node))
    return Strips(best, height // best, height_zeros, width_zeros)


def time_of_strips(count: int, kernel_bytes: int, node: Node) -> float:
    """An estimate, 1 being the forward pass: a quarter more for each doubling beyond the cache, and copies of x."""
    rows = static(node.inputs[1].shape)[2] // count * node.attributes["strides"][0]
    repeated = (node.attributes["kernel"][0] - node.attributes["strides"][0]) / rows if count > 1 else 0.0
    return 1 + 0.25 * max(0.0, math.log2(kernel_bytes / CACHED_KERNEL)) + 0.3 * repeated + 0.05 * (count > 1)


def zeros_around(node: Node, axis: int) -> tuple[int, int]:
    """What x needs before and after an axis; a negative number where no window reaches the last rows."""
    x, dy = node.inputs
    kernel, strides, pads = (node.attributes[name] for name in ("kernel", "strides", "pads"))
    used = kernel[axis] + (static(dy.shape)[axis + 2] - 1) * strides[axis]
    return pads[axis], used - static(x.shape)[axis + 2] - pads[axis]


def by_strips(layout: Layout, g: Builder, node: Node, strips: Strips) -> Value:
    """[O, C, KH, KW]: see the top of this file."""
    x, dy = node.inputs
    batch, filters = static(dy.shape[:2])
    filled = layout.filled(filters)
    kernel, strides = node.attributes["kernel"], node.attributes["strides"]
    images = strips_of_input(layout, g, node, strips)
    groups, channels = images.shape[0], static(x.shape)[1] // static(images.shape)[0]
    blocks = batch * strips.count // layout.block
    shares = next(n for n in SHARES if blocks % n == 0 and (n == 1 or n <= SHARES[0] // static(images.shape)[0]))
    dw = g.BlockedConv(
        images,
        strips_as_kernels(layout, g, dy, strips, shares),
        strides=(1, 1),
        dilations=(strides[0], strides[1] * channels),
        pads=(strips.height[0], 0, strips.height[1], 0) if strips.count == 1 else (0, 0, 0, 0),
        group=shares,
    )
    numbers = kernel[0] * kernel[1] * channels
    if shares > 1:
        lying = g.Reshape(dw, shape=(groups, shares, filled // layout.block, numbers, layout.block))
        dw = g.ReduceSum(lying, axes=(1,))
    whole = g.Reshape(dw, shape=(groups, filled, kernel[0], kernel[1] * channels))
    plain = g.FromBlocked(whole, channels=filters)
    if channels != layout.block:
        return plain_gradient(g, g.Reshape(plain, shape=(filters, *kernel, channels)), channels % layout.block == 0)
    filters_first = g.Transpose(g.Reshape(plain, shape=(groups, filters, numbers)), axes=(1, 0, 2))
    return g.FromBlocked(g.Reshape(filters_first, shape=(filters, static(x.shape)[1], *kernel)))


def strips_of_input(layout: Layout, g: Builder, node: Node, strips: Strips) -> Value:
    """x as [C / c, N strips, rows, W c] in blocks of (example, strip); c is a block of channels, or all of few."""
    x = node.inputs[0]
    stride, reach = node.attributes["strides"][0], node.attributes["kernel"][0]
    rows = (strips.rows - 1) * stride + reach
    count = strips.count

    def make() -> Value:
        lying = _lying(layout, g, x)
        lying = _wider(g, lying, 3, *strips.width)
        if count > 1:
            lying = _wider(g, lying, 2, *strips.height)
        batch, groups, height, width, channels = static(lying.shape)
        taken = rows if count > 1 else height
        order = strip_rows(batch, groups, height, count, strips.rows * stride, taken)
        if order != tuple(range(len(order))) or len(order) != batch * groups * height:
            flat = g.Reshape(lying, shape=(batch * groups * height, width * channels))
            index = g.Constant(value=Tensor(DType.INT32, (len(order),), order))
            lying = g.Gather(flat, index, axis=0)
        block = layout.block
        columns = g.Reshape(lying, shape=(groups * batch * count // block, block, taken * width * channels, 1))
        return g.Reshape(g.ToBlocked(columns), shape=(groups, batch * count, taken, width * channels))

    return layout.once(f"{strips} with {counted(rows, 'row')} of stride {stride}", x, make)


@cache
def strip_rows(batch: int, groups: int, height: int, count: int, step: int, taken: int) -> tuple[int, ...]:
    """Rows of [N, groups, height] in the order [groups, N, strip, row of the strip]."""
    return tuple(
        (example * groups + group) * height + strip * step + row
        for group in range(groups)
        for example in range(batch)
        for strip in range(count)
        for row in range(taken)
    )


def strips_as_kernels(layout: Layout, g: Builder, dy: Value, strips: Strips, shares: int) -> Value:
    """dy as blocked weights [shares * O, N strips / shares, rows, OW]: whole blocks of filters change places."""
    batch, filters, height, width = static(dy.shape)
    block, count = layout.block, strips.count
    examples, filters = batch * count, layout.filled(filters)
    flat = g.Reshape(layout.blocked_and_filled(g, dy), shape=(batch * filters * height * width // block, block))
    order = kernel_rows(examples, filters // block, count, strips.rows * width, block, shares)
    index = g.Constant(value=Tensor(DType.INT32, (len(order),), order))
    return g.Reshape(g.Gather(flat, index, axis=0), shape=(shares * filters, examples // shares, strips.rows, width))


@cache
def kernel_rows(examples: int, groups: int, count: int, places: int, block: int, shares: int) -> tuple[int, ...]:
    """Blocks of [N, groups, strip, place] in the order [shares, groups, N strips / shares / block, place, block]."""
    parts = examples // shares // block

    def source(channel: int, group: int, place: int) -> int:
        example, strip = divmod(channel, count)
        return ((example * groups + group) * count + strip) * places + place

    return tuple(
        source((share * parts + part) * block + inner, group, place)
        for share in range(shares)
        for group in range(groups)
        for part in range(parts)
        for place in range(places)
        for inner in range(block)
    )


def _lying(layout: Layout, g: Builder, x: Value) -> Value:
    """x as [N, C / c, H, W, c]: blocked where its channels fill blocks, else with all channels last."""
    if layout.can_block(x):
        return layout.as_it_lies(g, x)
    batch, channels, height, width = x.shape
    return g.Reshape(layout.channels_last(x), shape=(batch, 1, height, width, channels))


def _wider(g: Builder, x: Value, axis: int, before: int, after: int) -> Value:
    """x with zeros around an axis: joining is faster than the runtime's padding."""
    parts = [x]
    for count, at in ((before, 0), (after, 2)):
        if count:
            zeros = g.Expand(g.constant(0.0), shape=(*x.shape[:axis], count, *x.shape[axis + 1 :]))
            parts.insert(at, zeros)
    return g.Concat(*parts, axis=axis) if len(parts) > 1 else x
