"""The two gradients of a convolution as standard operators. Names and layouts as in `compiler/ops/convolution.py`."""

from __future__ import annotations

from typing import Any, TypedDict, Unpack

from netc.compiler.ir import Builder, Shape, Value, product
from netc.compiler.ops.checks import surely_less
from netc.compiler.ops.slicing import TO_THE_END, pad_axis
from netc.compiler.ops.window import Ints
from netc.compiler.targets.strides import every


def pointwise_weight_gradient(g: Builder, x: Value, dy: Value, *, strides: Ints, **rest: Any) -> Value:
    """A product of matrices for each example, and their sum."""
    x, (batch, channels, filters, places) = read_by_points(g, x, dy, strides)
    rows = g.Transpose(g.Reshape(x, shape=(batch, channels, places)), axes=(0, 2, 1))
    products = g.MatMul(g.Reshape(dy, shape=(batch, filters, places)), rows)
    return g.Reshape(g.ReduceSum(products, axes=(0,)), shape=(filters, channels, *[1] * len(strides)))


def long_product_weight_gradient(g: Builder, x: Value, dy: Value, *, strides: Ints, **rest: Any) -> Value:
    """One product of matrices over all places of all examples."""
    x, (batch, channels, filters, places) = read_by_points(g, x, dy, strides)
    columns = g.Reshape(g.Transpose(dy, axes=swapped(dy)), shape=(filters, batch * places))
    rows = g.Transpose(g.Reshape(x, shape=(batch, channels, places)), axes=(0, 2, 1))
    dw = g.MatMul(columns, g.Reshape(rows, shape=(batch * places, channels)))
    return g.Reshape(dw, shape=(filters, channels, *[1] * len(strides)))


def read_by_points(g: Builder, x: Value, dy: Value, strides: Ints) -> tuple[Value, Shape]:
    """The places of x that a 1x1 kernel reads, and how many examples, channels, filters and places there are."""
    for i, stride in enumerate(strides):
        x = every(g, x, i + 2, stride, dy.shape[i + 2])
    return x, (x.shape[0], x.shape[1], dy.shape[1], product(x.shape[2:]))


def swapped_weight_gradient(
    g: Builder, x: Value, dy: Value, *, kernel: Ints, strides: Ints, pads: Ints, dilations: Ints, group: int
) -> Value:
    """One convolution with dy as the kernel, the batch as channels, width and channels of x merged.

    Stride and dilation change places. x is read channels last with the last spatial axis and the channels merged, so
    that the runtime gathers runs of neighbours: [1, group * N, …, W * C / group] convolved with [O, N, *windows] gives
    [1, O, …, K * C / group].
    """
    axes, (batch, channels), filters = len(kernel), x.shape[:2], dy.shape[1]
    x, begins, ends = cut_to_windows(g, x, dy, kernel, strides, pads, dilations)
    depth = channels // group
    sizes, spatial = x.shape[2:], tuple(range(2, 2 + axes))
    if group == 1:
        x = g.Transpose(x, axes=(0, *spatial, 1))
    else:
        x = g.Reshape(x, shape=(batch, group, depth, *sizes))
        x = g.Transpose(x, axes=(1, 0, *(axis + 1 for axis in spatial), 2))
    x = g.Reshape(x, shape=(1, batch * group, *sizes[:-1], sizes[-1] * depth))
    assert isinstance(depth, int)
    merged = (*[1] * (axes - 1), depth)
    dw = g.Conv(
        x,
        g.Transpose(dy, axes=swapped(dy)),
        strides=(*dilations[:-1], 1),
        dilations=tuple(stride * width for stride, width in zip(strides, merged, strict=True)),
        pads=tuple(pad * width for pad, width in zip((*begins, *ends), merged * 2, strict=True)),
        group=group,
    )
    dense = (kernel[-1] - 1) * dilations[-1] + 1
    dw = g.Reshape(dw, shape=(filters, *kernel[:-1], dense, depth))
    if dilations[-1] > 1:
        dw = g.Slice(dw, starts=(0,), stops=(dense,), axes=(axes,), steps=(dilations[-1],))
    return g.Transpose(dw, axes=(0, axes + 1, *range(1, axes + 1)))


def cut_to_windows(
    g: Builder, x: Value, dy: Value, kernel: Ints, strides: Ints, pads: Ints, dilations: Ints
) -> tuple[Value, Ints, Ints]:
    """x without the rows that no window reaches, and the padding at both ends that makes windows fit exactly."""
    axes = len(kernel)
    begins, ends = list(pads[:axes]), [0] * axes
    for i in range(axes):
        axis, size = i + 2, x.shape[i + 2]
        used = (kernel[i] - 1) * dilations[i] + (dy.shape[axis] - 1) * strides[i] + 1
        missing = used - size - begins[i]
        if isinstance(missing, int) and missing >= 0:
            ends[i] = missing
        elif isinstance(missing, int) and not surely_less(size + missing, 1):
            x = g.Slice(x, starts=(0,), stops=(size + missing,), axes=(axis,), steps=(1,))
        else:
            padded = pad_axis(g, x, axis, begins[i], pads[i + axes])
            x = g.Slice(padded, starts=(0,), stops=(used,), axes=(axis,), steps=(1,))
            begins[i] = 0
    return x, tuple(begins), tuple(ends)


class InputGradient(TypedDict):
    """The attributes of a ConvInputGradient."""

    shape: Shape
    strides: Ints
    pads: Ints
    dilations: Ints
    group: int


def turned_input_gradient(g: Builder, dy: Value, w: Value, **given: Unpack[InputGradient]) -> Value:
    """A convolution of dy with the kernel turned round."""
    around = static(turning_pads(dy, w, given["shape"], given["pads"], given["dilations"]))
    rest = {"strides": given["strides"], "dilations": given["dilations"], "group": given["group"]}
    return g.Conv(dy, turned_weights(g, w, given["group"]), pads=around, **rest)


def turning_pads(dy: Value, w: Value, shape: Shape, pads: Ints, dilations: Ints) -> Shape:
    """How dy has to be padded for a turned kernel of stride 1; a negative number where it would have to be cut."""
    reaches = [(size - 1) * dilations[i] for i, size in enumerate(w.shape[2:])]
    begins = [reach - pads[i] for i, reach in enumerate(reaches)]
    return (*begins, *(shape[i] - dy.shape[2 + i] + reach - begins[i] for i, reach in enumerate(reaches)))


def transposed_input_gradient(g: Builder, dy: Value, w: Value, **given: Unpack[InputGradient]) -> Value:
    """ConvTranspose with the padding that gives x's sizes exactly; symbolic sizes are cut out of the full result."""
    shape, strides, pads, dilations = given["shape"], given["strides"], given["pads"], given["dilations"]
    axes = len(strides)
    full = [(dy.shape[2 + i] - 1) * strides[i] + (w.shape[2 + i] - 1) * dilations[i] + 1 for i in range(axes)]
    missing = [shape[i] - full[i] + pads[i] + pads[i + axes] for i in range(axes)]
    rest = {"strides": strides, "dilations": dilations, "group": given["group"]}
    if all(isinstance(size, int) for size in missing):
        return g.ConvTranspose(dy, w, pads=pads, output_padding=tuple(missing), **rest)
    dx = g.ConvTranspose(dy, w, pads=(0,) * (2 * axes), output_padding=(0,) * axes, **rest)
    for i in range(axes):
        dx = pad_axis(g, dx, i + 2, 0, strides[i] - 1)
        dx = g.Slice(dx, starts=(pads[i],), stops=(shape[i] + pads[i],), axes=(i + 2,), steps=(1,))
    return dx


def turned_weights(g: Builder, w: Value, group: int) -> Value:
    """[O, C / group, *kernel] as [C, O / group, *kernel], turned round along every spatial axis."""
    (filters, depth), kernel = w.shape[:2], w.shape[2:]
    if group == 1:
        turned = g.Transpose(w, axes=swapped(w))
    else:
        apart = g.Reshape(w, shape=(group, filters // group, depth, *kernel))
        apart = g.Transpose(apart, axes=(0, 2, 1, *range(3, apart.rank)))
        turned = g.Reshape(apart, shape=(depth * group, filters // group, *kernel))
    axes = tuple(axis for axis in range(2, w.rank) if w.shape[axis] != 1)
    if not axes:
        return turned
    count = len(axes)
    return g.Slice(turned, starts=(-1,) * count, stops=(-TO_THE_END,) * count, axes=axes, steps=(-1,) * count)


def swapped(x: Value) -> tuple[int, ...]:
    """The axes with the first two exchanged."""
    return (1, 0, *range(2, x.rank))


def static(sizes: Shape) -> Ints:
    """Sizes that have to be known: those of a kernel."""
    known: list[int] = []
    for size in sizes:
        assert isinstance(size, int), f"a kernel of size {size}"
        known.append(size)
    return tuple(known)
