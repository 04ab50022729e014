"""Convolution."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.arguments import SIZE, Boolean, Extent, LayerType, Optional_, Pad, argument
from netc.compiler.ir import Value
from netc.compiler.layers.base import (
    HE_UNIFORM,
    ZEROS,
    Layer,
    LayerBuilder,
    Sample,
    ShapeError,
    Wrong,
    constant_size,
    language_shape,
    layer,
)
from netc.compiler.layers.formulas import each, padded
from netc.compiler.layers.spatial import PerAxis, window
from netc.grammar.counted import counted


@layer("conv")
class Conv(Layer):
    """Slides `filters` kernels over a map: `[C, H, W]` -> `[filters, H', W']`, H' = (H + pads - extent) // stride + 1.

    Works on one to three spatial axes: `[C, L]`, `[C, H, W]`, `[C, D, H, W]`; extent = (kernel - 1) * dilation + 1.
    As in all frameworks the kernel is not flipped (cross-correlation). With `groups`, each group of output channels
    sees its share of the input channels alone; `groups = C` is a depthwise convolution. With `pad=same` the odd element
    of padding goes to the end.

    Parameters: weight `[filters, C / groups, *kernel]`, drawn from `he_uniform`; bias `[filters]`,
    zeros (LeCun et al. 1998, Gradient-based learning applied to document recognition).
    """

    also = ("convolution", "ConvNd(-in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias)")

    filters: int = argument(SIZE, "output channels")
    kernel: PerAxis = argument(Extent(), "the kernel's size: `3x3`, or a number for all axes")
    stride: PerAxis = argument(Extent(), "how far the kernel moves", default=1)
    pad: Any = argument(Pad(), "zeros around the map, or `same` for ceil(size / stride) results", default=0)
    dilation: PerAxis = argument(Extent(), "distance of the kernel's elements", default=1)
    groups: int = argument(SIZE, "groups of channels that don't mix", default=1)
    bias: bool = argument(Boolean(), "whether a bias is added", default=True)
    act: object = argument(Optional_(LayerType()), "activation that follows", default=None)
    linear = True

    samples = (
        Sample(
            "conv(32, 3x3)",
            "1x28x28",
            out="32x26x26",
            params=320,
            weights={"weight": "32x1x3x3 he_uniform", "bias": "32 constant"},
        ),
        Sample("conv(32, 3x3, pad=same)", "1x28x28", out="32x28x28", params=320),
        Sample("conv(6, 7x7, stride=2, pad=3)", "3x32x32", out="6x16x16", params=888),
        Sample("conv(4, 2x2, stride=2, pad=same)", "3x7x7", out="4x4x4", params=52),
        Sample("conv(4, 4x4, pad=same)", "4x9x8", params=260),
        Sample("conv(4, 3x3, stride=2, pad=same)", "4x9x8", out="4x5x4", params=148),
        Sample("conv(4, 3x5, pad=[1, 2])", "3x32x32", out="4x32x32", params=184),
        Sample("conv(4, 3x3, pad=[[0, 1], [2, 0]])", "3x32x32", out="4x31x32", params=112),
        Sample("conv(4, 3, dilation=2)", "3x32x32", out="4x28x28", params=112),
        Sample("conv(4, 3x2, dilation=2, groups=2)", "4x9x8", out="4x5x6", params=52),
        Sample("conv(4, 5, stride=2)", "8x100", out="4x48", params=164),
        Sample("conv(4, 3, stride=2, pad=1)", "3x9", out="4x5", params=40),
        Sample("conv(4, [1, 2, 3])", "2x8x9x10", out="4x8x8x8", params=52),
        Sample("conv(16, 3x3, groups=8)", "8x9x9", out="16x7x7", params=160),
        Sample(
            "conv(16, 3x5, groups=4, bias=false)",
            "8x9x9",
            out="16x7x5",
            params=480,
            weights={"weight": "16x2x3x5 he_uniform"},
        ),
        Sample("conv(4, 3x3, act=relu)", "3x8x8", out="4x6x6", params=112),
        Sample("conv(8, 3x3, pad=same)", "[3, H, W]", out="8xHxW", params=224),
    )
    errors = (
        Wrong("conv(0, 3x3)", "3x8x8", code="E224", says="a positive whole number, found 0"),
        Wrong("conv(2.0, 3x3)", "3x8x8", code="E224", says="a positive whole number, found 2.0"),
        Wrong("conv(true, 3x3)", "3x8x8", code="E224", says="a positive whole number, found true"),
        Wrong("conv(2, [3, 0])", "3x8x8", code="E224", says="a size such as `3` or `3x3`, found [3, 0]"),
        Wrong("conv(2, 3x3, bias=1)", "3x8x8", code="E224", says=("true or false, found 1", "write `true`")),
        Wrong("conv(1, 5)", "3x4x4", code="E301", says="kernel 5x5 is larger than the map of 4x4"),
        Wrong(
            "conv(1, 3, dilation=4, pad=1)",
            "3x4x4",
            code="E301",
            says="kernel 3x3, 9x9 with its dilation, is larger than the padded map of 6x6",
        ),
        Wrong(
            "conv(1, 3x3)",
            "28x28",
            code="E301",
            says=(
                "kernel 3x3 has 2 sizes, 28x28 has 1 spatial axis",
                "give the map a channel axis, as in `1x28x28`, or a single number",
            ),
            at="3x3",
        ),
        Wrong(
            "conv(1, 3, pad=[1, 1, 1])",
            "3x28x28",
            code="E301",
            says="pad [1, 1, 1] has 3 sizes, 3x28x28 has 2 spatial axes",
        ),
        Wrong("conv(1, 3)", "784", code="E301", says="conv works on channels and one to three spatial axes, found 784"),
        Wrong("conv(8, 3, groups=4)", "6x8x8", code="E301", says="6 input channels do not divide into 4 groups"),
        Wrong("conv(6, 3, groups=4)", "8x8x8", code="E301", says="6 filters do not divide into 4 groups"),
        Wrong("conv(12, 1, groups=4)", "6x8x8", code="E301", says="take `groups` from 1, 2, 3, 6"),
        Wrong("conv(3, 1)", "[H, 4, 4]", code="E304", says="the number of channels H is not known while compiling"),
        Wrong("conv(3, 3, stride=2, pad=same)", "[3, H, 8]", code="E304", says="`expect H % 2 == 0`", at="pad=same"),
    )

    def build(self, b: LayerBuilder, x: Value) -> Value:
        move = window(x, "conv", self.kernel, self.stride, self.pad, self.dilation)
        channels = constant_size(language_shape(x)[0], "the number of channels")
        self._check_groups(channels)
        shape = (self.filters, channels // self.groups, *move.kernel)
        weights = [b.parameter("weight", shape, HE_UNIFORM)]
        if self.bias:
            weights.append(b.parameter("bias", (self.filters,), ZEROS))
        y = b.Conv(
            b.batched(x),
            *weights,
            strides=move.strides,
            pads=move.pads,
            dilations=move.dilations,
            group=self.groups,
        )
        return b.apply(self.act, y, "act") if self.act is not None else y

    def formula(self, torch: Any, x: Any, weight: Any, bias: Any = None) -> Any:
        functional = torch.nn.functional
        slide = (functional.conv1d, functional.conv2d, functional.conv3d)[x.ndim - 2]
        whole = padded(torch, x, self.pad, self.kernel, self.stride, self.dilation)
        return slide(whole, weight, bias, each(self.stride, x), 0, each(self.dilation, x), self.groups)

    def _check_groups(self, channels: int) -> None:
        for count, what in ((channels, "input channels"), (self.filters, "filters")):
            if count % self.groups:
                fitting = [n for n in range(1, count + 1) if channels % n == 0 and self.filters % n == 0]
                raise ShapeError(
                    f"{count} {what} do not divide into {counted(self.groups, 'group')}",
                    argument="groups",
                    help=f"take `groups` from {', '.join(map(str, fitting))}" if len(fitting) <= 12 else None,
                )
