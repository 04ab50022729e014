"""A convolution's weight gradient by products of matrices, and as a convolution of examples.

Names as in `compiler/ops/convolution.py`: dw[o, c, k] sums dy[n, o, p] x[n, c, p stride + k dilation - pad].
"""

from __future__ import annotations

import math
from itertools import product as combinations

from netc.compiler.ir import Builder, Value, product
from netc.compiler.ops.checks import surely_less
from netc.compiler.ops.slicing import pad_axis
from netc.compiler.ops.window import Ints
from netc.compiler.targets.convolution import cut_to_windows, swapped


def windows_weight_gradient(
    g: Builder, x: Value, dy: Value, *, kernel: Ints, strides: Ints, pads: Ints, dilations: Ints, group: int
) -> Value:
    """All windows of x side by side (im2col), then one product with dy; takes x's memory times the kernel's places."""
    batch, channels, places = x.shape[0], x.shape[1], product(dy.shape[2:])
    reads = places_of_kernel(g, x, dy, kernel, strides, pads, dilations)
    parts = [g.Reshape(read, shape=(batch, channels, 1, places)) for read in reads]
    lying = g.Concat(*parts, axis=2) if len(parts) > 1 else parts[0]
    depth = channels // group
    right = g.Reshape(lying, shape=(batch, group, depth * math.prod(kernel), places))
    dw = sum_of_products(g, in_groups(g, dy, group), right)
    return g.Reshape(dw, shape=(dy.shape[1], depth, *kernel))


def products_weight_gradient(
    g: Builder, x: Value, dy: Value, *, kernel: Ints, strides: Ints, pads: Ints, dilations: Ints, group: int
) -> Value:
    """One product of dy and x for each place of the kernel."""
    filters, depth = dy.shape[1], x.shape[1] // group
    left = in_groups(g, dy, group)
    parts = [
        g.Reshape(sum_of_products(g, left, in_groups(g, read, group)), shape=(filters, depth, 1))
        for read in places_of_kernel(g, x, dy, kernel, strides, pads, dilations)
    ]
    dw = g.Concat(*parts, axis=2) if len(parts) > 1 else parts[0]
    return g.Reshape(dw, shape=(filters, depth, *kernel))


def exchanged_weight_gradient(
    g: Builder, x: Value, dy: Value, *, kernel: Ints, strides: Ints, pads: Ints, dilations: Ints, group: int
) -> Value:
    """One convolution of x by dy where channels and examples change places, and so do stride and dilation."""
    x, begins, ends = cut_to_windows(g, x, dy, kernel, strides, pads, dilations)
    dw = g.Conv(
        g.Transpose(x, axes=swapped(x)),
        g.Transpose(dy, axes=swapped(dy)),
        strides=dilations,
        dilations=strides,
        pads=(*begins, *ends),
        group=group,
    )
    return g.Transpose(dw, axes=swapped(dw))


def places_of_kernel(
    g: Builder, x: Value, dy: Value, kernel: Ints, strides: Ints, pads: Ints, dilations: Ints
) -> list[Value]:
    """For each place of the kernel, in row-major order, what it reads of x: [N, C, *windows]."""
    x, begins, ends = cut_to_windows(g, x, dy, kernel, strides, pads, dilations)
    axes = tuple(range(2, x.rank))
    for axis in axes:
        x = pad_axis(g, x, axis, begins[axis - 2], ends[axis - 2])
    reads: list[Value] = []
    for place in combinations(*map(range, kernel)):
        starts = tuple(at * dilation for at, dilation in zip(place, dilations, strict=True))
        stops = tuple(starts[axis - 2] + (dy.shape[axis] - 1) * strides[axis - 2] + 1 for axis in axes)
        whole = stops == x.shape[2:] and not any(starts) and all(stride == 1 for stride in strides)
        reads.append(x if whole else g.Slice(x, starts=starts, stops=stops, axes=axes, steps=strides))
    return reads


def in_groups(g: Builder, x: Value, group: int) -> Value:
    """[N, C, *windows] as [N, group, C / group, windows]."""
    return g.Reshape(x, shape=(x.shape[0], group, x.shape[1] // group, product(x.shape[2:])))


def sum_of_products(g: Builder, left: Value, right: Value) -> Value:
    """The sum over n of left[n] right[n]': [N, G, I, P] and [N, G, J, P] give [G, I, J].

    One long product over n and p where a product for each n would take more memory than turning the factors.
    """
    batch, groups, rows, places = left.shape
    columns = right.shape[2]
    if surely_less((rows + columns) * places, rows * columns):
        long = g.Reshape(g.Transpose(left, axes=(1, 2, 0, 3)), shape=(groups, rows, batch * places))
        turned = g.Reshape(g.Transpose(right, axes=(1, 0, 3, 2)), shape=(groups, batch * places, columns))
        return g.MatMul(long, turned)
    return g.ReduceSum(g.MatMul(left, g.Transpose(right, axes=(0, 1, 3, 2))), axes=(0,))
