"""Pooling: the maximum or the mean of each window."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.arguments import Boolean, Optional_, argument
from netc.compiler.declare.extents import Extent, Pad
from netc.compiler.ir import Value
from netc.compiler.layers.base import Layer, LayerBuilder, Sample, Wrong, layer
from netc.compiler.layers.formulas import begun, each, padded, windows
from netc.compiler.layers.spatial import PerAxis, window


class Pool(Layer):
    """What the pooling layers share."""

    kernel: PerAxis = argument(Extent(), "the window's size: `2x2`, or a number for all axes")
    stride: PerAxis | None = argument(
        Optional_(Extent()), "how far the window moves; the kernel's size unless given", default=None
    )

    ceil: bool = argument(
        Boolean(), "whether a begun stride at the end gives a window too", default=False, by_name=True
    )

    @property
    def step(self) -> PerAxis:
        """The stride, the kernel's size unless given."""
        return self.kernel if self.stride is None else self.stride


@layer("maxpool")
class MaxPool(Pool):
    """The largest element of each window: `[C, H, W]` -> `[C, H', W']`, H' = (H + pads - kernel) // stride + 1.

    Works on one to three spatial axes. With `ceil=true` what is left at the end gives a window too, if that begins
    inside the map or the padding before it, as PyTorch's ceil_mode. Padding never wins: it counts as minus infinity.
    The gradient flows to the first of equal maxima in reading order.
    """

    also = (
        "pool",
        "pooling",
        "max_pooling",
        "MaxPoolingND(pool_size, strides, padding)",
        "MaxPoolNd(kernel_size, stride, padding)",
    )

    pad: Any = argument(Pad(), "padding around the map, or `same` for ceil(size / stride) results", default=0)

    samples = (
        Sample("maxpool(2)", "8x9x9", out="8x4x4"),
        Sample("maxpool(2x2)", "[4, 8, W]", out="[4, 4, W // 2]"),
        Sample("maxpool(3x2, stride=[2, 1], pad=[1, 0])", "3x9x8", out="3x5x7"),
        Sample("maxpool(3, stride=1, pad=same)", "8x9x9"),
        Sample("maxpool(2, pad=same)", "3x9x8", out="3x5x4"),
        Sample("maxpool(3, stride=2, pad=1)", "8x9", out="8x5"),
        Sample("maxpool(2, ceil=true)", "3x9x8", out="3x5x4"),
        Sample("maxpool(2, stride=3, pad=1, ceil=true)", "3x9x8", out="3x4x3"),
        Sample("maxpool(1, stride=4, ceil=true)", "2x9", out="2x3"),
        Sample("maxpool(2, pad=[[0, 1], [1, 0], [0, 0]])", "2x5x5x4", out="2x3x3x2"),
    )
    errors = (
        Wrong("maxpool(2)", "3x1x1", code="E301", says="kernel 2x2 is larger than the map of 1x1"),
        Wrong(
            "maxpool(2, pad=2)",
            "3x8x8",
            code="E301",
            says="padding of 2 around a kernel of 2x2 makes windows of nothing but padding",
        ),
        Wrong("maxpool(3, ceil=true)", "[3, H, 8]", code="E304", says="`expect H % 3 == 0`", at="ceil=true"),
        Wrong("maxpool(2)", "int 3x8x8", code="E302", says="maxpool works on floating-point numbers, found int64"),
    )

    def build(self, b: LayerBuilder, x: Value) -> Value:
        move = window(x, "maxpool", self.kernel, self.step, self.pad, largest_pad=True, ceil=self.ceil)
        return b.MaxPool(b.batched(x), kernel=move.kernel, strides=move.strides, pads=move.pads)

    def formula(self, torch: Any, x: Any) -> Any:
        functional = torch.nn.functional
        largest = (functional.max_pool1d, functional.max_pool2d, functional.max_pool3d)[x.ndim - 2]
        whole = padded(torch, x, self.pad, self.kernel, self.step, by=-torch.inf, ceil=self.ceil)
        return largest(whole, each(self.kernel, x), each(self.step, x))


@layer("avgpool")
class AvgPool(Pool):
    """The mean of each window: `[C, H, W]` -> `[C, H', W']`, H' = (H + pads - kernel) // stride + 1.

    Works on one to three spatial axes. Elements of the padding are left out of the mean unless `count_pad=true`, as in
    Keras; PyTorch counts them unless told otherwise. `ceil` as in `maxpool`: what lies beyond map and padding never
    counts.
    """

    also = (
        "average_pool",
        "average_pooling",
        "mean_pool",
        "AveragePoolingND(pool_size, strides, padding)",
        "AvgPoolNd(kernel_size, stride, padding, ceil_mode, count_include_pad=true)",
    )

    pad: Any = argument(Pad(), "zeros around the map, or `same` for ceil(size / stride) results", default=0)
    count_pad: bool = argument(Boolean(), "whether padding counts in the mean", default=False)

    samples = (
        Sample("avgpool(5, stride=3)", "12x14x14", out="12x4x4"),
        Sample("avgpool(3, stride=2, pad=1)", "3x9x8", out="3x5x4"),
        Sample("avgpool(3, pad=1, count_pad=true)", "3x9x8", out="3x3x3"),
        Sample("avgpool(2, pad=same)", "3x9x8", out="3x5x4"),
        Sample("avgpool(3, stride=2, ceil=true)", "3x8x9", out="3x4x4"),
        Sample("avgpool(3x2, stride=2, pad=1, ceil=true, count_pad=true)", "2x8x9", out="2x5x5"),
        Sample("avgpool(3, stride=1, pad=[[0, 2]])", "4x9", out="4x9"),
        Sample("avgpool([1, 2, 3])", "[2, 4, 4, D]", out="[2, 4, 2, D // 3]"),
    )
    errors = (
        Wrong("avgpool(9)", "3x8x8", code="E301", says="kernel 9x9 is larger than the map of 8x8"),
        Wrong(
            "avgpool(2, pad=2)",
            "3x8x8",
            code="E301",
            says="padding of 2 around a kernel of 2x2 makes windows of nothing but padding",
        ),
        Wrong("avgpool(2, count_pad=0)", "3x8x8", code="E224", says=("true or false, found 0", "write `false`")),
    )

    def build(self, b: LayerBuilder, x: Value) -> Value:
        move = window(x, "avgpool", self.kernel, self.step, self.pad, largest_pad=True, ceil=self.ceil)
        x, counted = b.batched(x), self.count_pad
        plain = window(x, "avgpool", self.kernel, self.step, self.pad) if counted and self.ceil else move
        pads = move.pads
        if pads != plain.pads:  # the padding that is asked for counts, what `ceil` adds does not
            axes = len(pads) // 2
            x = b.Pad(x, pads=(0, 0, *plain.pads[:axes], 0, 0, *plain.pads[axes:]))
            pads = (*(0,) * axes, *(more - asked for more, asked in zip(pads[axes:], plain.pads[axes:], strict=True)))
            counted = False
        return b.AveragePool(x, kernel=move.kernel, strides=move.strides, pads=pads, count_include_pad=counted)

    def formula(self, torch: Any, x: Any) -> Any:
        inside = padded(torch, torch.ones_like(x), self.pad, self.kernel, self.step, by=1.0 if self.count_pad else 0.0)
        whole = padded(torch, x, self.pad, self.kernel, self.step)
        if self.ceil:
            whole, inside = (
                padded(torch, values, begun(values, self.kernel, self.step, x, self.pad), self.kernel, self.step)
                for values in (whole, inside)
            )
        sums, counts = (windows(values, self.kernel, self.step).sum(-1) for values in (whole, inside))
        return sums / counts
