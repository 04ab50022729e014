"""Weights in the blocked layouts, made from plain ones by the domain's own reordering, which is fast.

Reordering treats any four axes as [N, C, H, W] and moves a block of C innermost. Done to weights [O, I, *kernel] it
blocks I; done again with O as channels it blocks O.
"""

from __future__ import annotations

import math
from functools import cache

from netc.compiler.ir import Builder, DType, Tensor, Value
from netc.compiler.ops.slicing import pad_axis
from netc.compiler.targets.convolution import static, turned_weights as turned_kernels
from netc.compiler.targets.layout import Layout


def blocked_weights(layout: Layout, g: Builder, w: Value) -> Value:
    """[O, I, *kernel] for BlockedConv: blocks of I (where I has any) and of O innermost; zeros fill the last block."""

    def make() -> Value:
        padded = fill_blocks(layout, g, layout.plain(w), 0)
        return block_filters(layout, g, inner_blocks(layout, g, w) if layout.can_block(w) else padded, padded)

    return layout.once("forward", w, make)


def inner_blocks(layout: Layout, g: Builder, w: Value) -> Value:
    """[O, I, *kernel] with whole blocks of filters, lying as [O, I / block, *kernel, block of I]."""
    return layout.once("inner", w, lambda: g.ToBlocked(fill_blocks(layout, g, layout.plain(w), 0)))


def fill_blocks(layout: Layout, g: Builder, x: Value, axis: int) -> Value:
    """x with zeros behind an axis, up to a whole number of blocks."""
    return pad_axis(g, x, axis, 0, -static(x.shape)[axis] % layout.block)


def block_filters(layout: Layout, g: Builder, lying: Value, w: Value) -> Value:
    """What lies as [O, rest] made to lie as [O / block, rest, block of O], under the shape of w."""
    filters, *others = static(w.shape)
    block, rest = layout.block, math.prod(others)
    columns = g.Reshape(lying, shape=(filters // block, block, rest, 1))
    return g.Reshape(g.ToBlocked(columns), shape=w.shape)


def turned_weights(layout: Layout, g: Builder, w: Value) -> Value:
    """[I, O, *kernel] for the input's gradient: the kernel turned round, blocks of O and then of I innermost.

    With blocks of I innermost already, that is a gathering of whole blocks. Zeros fill the last block of I.
    """

    def make() -> Value:
        inner = (
            inner_blocks(layout, g, w)
            if layout.can_block(w)
            else g.ToBlocked(fill_blocks(layout, g, layout.plain(w), 1))
        )
        filters, channels, height, width = static(inner.shape)
        block = layout.block
        places = height * width
        groups = channels // block
        rows = g.Reshape(inner, shape=(filters * groups * places, block))
        index = g.Constant(value=_turned_order(groups, filters // block, places, block))
        return g.Reshape(g.Gather(rows, index, axis=0), shape=(channels, filters, height, width))

    return layout.once("turned", w, make)


@cache
def _turned_order(groups: int, filter_groups: int, places: int, block: int) -> Tensor:
    """Which rows of a kernel in blocks make the turned one, in its order."""
    order = tuple(
        ((o * block + filter) * groups + i) * places + (places - 1 - place)
        for i in range(groups)
        for o in range(filter_groups)
        for place in range(places)
        for filter in range(block)
    )
    return Tensor(DType.INT32, (len(order),), order)


def turned_alone(layout: Layout, g: Builder, w: Value) -> Value:
    """[C, 1, *kernel], one filter for each channel, turned round for the input's gradient, blocks of C innermost."""

    def make() -> Value:
        turned = turned_kernels(g, layout.plain(w), group=static(w.shape)[0])
        return block_filters(layout, g, turned, turned)

    return layout.once("turned", w, make)


def plain_gradient(g: Builder, dw: Value, blocks: bool) -> Value:
    """[O, *kernel, I] as [O, I, *kernel]."""
    if blocks:
        return g.FromBlocked(g.ToBlocked(dw, channels_last=True))
    return g.Transpose(dw, axes=(0, 3, 1, 2))
