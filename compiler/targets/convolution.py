"""The two gradients of a convolution as standard operators. Names and layouts as in `compiler/ops/convolution.py`."""

from __future__ import annotations

from netc.compiler.ir import Builder, Shape, Value, product
from netc.compiler.ops.checks import surely_less
from netc.compiler.ops.slicing import TO_THE_END, pad_axis
from netc.compiler.ops.window import Ints
from netc.compiler.targets.strides import every


def conv_weight_gradient(
    g: Builder, x: Value, dy: Value, *, kernel: Ints, strides: Ints, pads: Ints, dilations: Ints, group: int
) -> Value:
    """A product of matrices for 1x1 kernels, else one convolution whose kernel is dy."""
    if all(size == 1 for size in kernel) and not any(pads) and group == 1:
        return pointwise_weight_gradient(g, x, dy, strides)
    return dilated_weight_gradient(g, x, dy, kernel, strides, pads, dilations, group)


def pointwise_weight_gradient(g: Builder, x: Value, dy: Value, strides: Ints) -> Value:
    """dw = sum over n of dy[n] x[n]', or one long product where those terms are bigger than transposed inputs."""
    for i, stride in enumerate(strides):
        x = every(g, x, i + 2, stride, dy.shape[i + 2])
    batch, channels, filters = x.shape[0], x.shape[1], dy.shape[1]
    places = product(x.shape[2:])
    if surely_less((channels + filters) * places, channels * filters):
        columns = g.Reshape(g.Transpose(dy, axes=swapped(dy)), shape=(filters, batch * places))
        rows = g.Transpose(g.Reshape(x, shape=(batch, channels, places)), axes=(0, 2, 1))
        dw = g.MatMul(columns, g.Reshape(rows, shape=(batch * places, channels)))
    else:
        rows = g.Transpose(g.Reshape(x, shape=(batch, channels, places)), axes=(0, 2, 1))
        products = g.MatMul(g.Reshape(dy, shape=(batch, filters, places)), rows)
        dw = g.ReduceSum(products, axes=(0,))
    return g.Reshape(dw, shape=(filters, channels, *[1] * len(strides)))


def dilated_weight_gradient(
    g: Builder, x: Value, dy: Value, kernel: Ints, strides: Ints, pads: Ints, dilations: Ints, group: int
) -> Value:
    """One convolution with the batch as channels and dy as the kernel; stride and dilation change places.

    x is read channels last with the last spatial axis and the channels merged, so that the runtime gathers runs of
    neighbours: [1, group * N, …, W * C / group] convolved with [O, N, *windows] gives [1, O, …, K * C / group].
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


def conv_input_gradient(
    g: Builder,
    dy: Value,
    w: Value,
    *,
    shape: Shape,
    strides: Ints,
    pads: Ints,
    dilations: Ints,
    group: int,
) -> Value:
    """A convolution with the kernel turned round for stride 1, else a transposed one."""
    kernel = static(w.shape[2:])
    axes = len(kernel)
    one = (1,) * axes
    if strides == one:
        begins = [(kernel[i] - 1) * dilations[i] - pads[i] for i in range(axes)]
        ends = [shape[i] - dy.shape[2 + i] + (kernel[i] - 1) * dilations[i] - begins[i] for i in range(axes)]
        around = (*begins, *ends)
        if all(isinstance(pad, int) and pad >= 0 for pad in around):
            turned = turned_weights(g, w, group)
            return g.Conv(dy, turned, strides=one, pads=around, dilations=dilations, group=group)
    return transposed_convolution(g, dy, w, shape, strides, pads, dilations, group)


def transposed_convolution(
    g: Builder, dy: Value, w: Value, shape: Shape, strides: Ints, pads: Ints, dilations: Ints, group: int
) -> Value:
    """ConvTranspose with the padding that gives `shape` exactly; symbolic sizes are cut out of the full result."""
    axes = len(strides)
    full = [(dy.shape[2 + i] - 1) * strides[i] + (w.shape[2 + i] - 1) * dilations[i] + 1 for i in range(axes)]
    missing = [shape[i] - full[i] + pads[i] + pads[i + axes] for i in range(axes)]
    rest = {"strides": strides, "dilations": dilations, "group": group}
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
