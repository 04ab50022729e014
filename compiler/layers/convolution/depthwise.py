"""Convolutions that keep channels apart, and such followed by a mixture of channels."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.arguments import SIZE, Boolean, Optional_, argument
from netc.compiler.declare.extents import Extent, Pad
from netc.compiler.declare.references import LayerType
from netc.compiler.ir import Value
from netc.compiler.layers.base import (
    HE_UNIFORM,
    Layer,
    LayerBuilder,
    Sample,
    Wrong,
    constant_size,
    language_shape,
    layer,
)
from netc.compiler.layers.convolution.conv import convolved, slid
from netc.compiler.layers.formulas import each, padded
from netc.compiler.layers.spatial import PerAxis, Window, window


@layer("depthwise")
class Depthwise(Layer):
    """Slides kernels of its own over each channel: `[C, H, W]` -> `[C * multiplier, H', W']`, H' as in `conv`.

    Results i * multiplier to (i + 1) * multiplier - 1 are channel i's: `conv(C * multiplier, kernel, groups=C)`. Works
    on one to three spatial axes. Keras's DepthwiseConv.

    Parameters: weight `[C * multiplier, 1, *kernel]`, drawn from `he_uniform`; bias `[C * multiplier]`, zeros
    (Sifre 2014; Howard et al. 2017, arXiv:1704.04861).
    """

    also = ("DepthwiseConvND(kernel_size, strides, padding, depth_multiplier)",)

    kernel: PerAxis = argument(Extent(), "the kernel's size: `3x3`, or a number for all axes")
    stride: PerAxis = argument(Extent(), "how far the kernel moves", default=1)
    pad: Any = argument(Pad(), "zeros around the map, or `same` for ceil(size / stride) results", default=0)
    dilation: PerAxis = argument(Extent(), "distance of the kernel's elements", default=1)
    multiplier: int = argument(SIZE, "results for each channel", default=1)
    bias: bool = argument(Boolean(), "whether a bias is added", default=True)
    act: object = argument(Optional_(LayerType()), "activation that follows", default=None)
    linear = True

    samples = (
        Sample(
            "depthwise(3x3, pad=same)",
            "8x9x9",
            params=80,
            weights={"weight": "8x1x3x3 he_uniform", "bias": "8 constant"},
        ),
        Sample("depthwise(3x2, stride=2, pad=1, multiplier=3, bias=false)", "2x9x8", out="6x5x5", params=36),
        Sample("depthwise(3, dilation=2, act=relu)", "3x9", out="3x5", params=12),
        Sample("depthwise([1, 2, 2])", "[2, D, 4, 4]", out="[2, D, 3, 3]", params=10),
    )
    errors = (
        Wrong("depthwise(3, multiplier=0)", "3x8x8", code="E224", says="a positive whole number, found 0"),
        Wrong("depthwise(9)", "3x8x8", code="E301", says="kernel 9x9 is larger than the map of 8x8"),
        Wrong("depthwise(1)", "[C, 4]", code="E304", says="the number of channels C is not known while compiling"),
    )

    def build(self, b: LayerBuilder, x: Value) -> Value:
        move = window(x, "depthwise", self.kernel, self.stride, self.pad, self.dilation)
        channels = constant_size(language_shape(x)[0], "the number of channels")
        weight = b.parameter("weight", (channels * self.multiplier, 1, *move.kernel), HE_UNIFORM)
        return convolved(b, x, weight, move, groups=channels, bias=self.bias, act=self.act)

    def formula(self, torch: Any, x: Any, weight: Any, bias: Any = None) -> Any:
        whole = padded(torch, x, self.pad, self.kernel, self.stride, self.dilation)
        return slid(torch, whole, weight, bias, each(self.stride, x), each(self.dilation, x), x.shape[0])


@layer("separable")
class Separable(Layer):
    """A depthwise convolution without bias, then a 1x1 convolution: `[C, H, W]` -> `[filters, H', W']`, as in `conv`.

    Nothing stands in between, as in Keras's SeparableConv; MobileNet's blocks have norms and activations there: write
    `depthwise(3x3) -> batchnorm -> relu -> conv(64, 1x1)`. Works on one to three spatial axes.

    Parameters: depthwise_weight `[C * multiplier, 1, *kernel]` and pointwise_weight
    `[filters, C * multiplier, 1, …]`, drawn from `he_uniform`; bias `[filters]`, zeros (Chollet 2016,
    arXiv:1610.02357).
    """

    also = ("SeparableConvND(filters, kernel_size, strides, padding)", "SeparableConvolutionND")

    filters: int = argument(SIZE, "output channels")
    kernel: PerAxis = argument(Extent(), "the kernel's size: `3x3`, or a number for all axes")
    stride: PerAxis = argument(Extent(), "how far the kernel moves", default=1)
    pad: Any = argument(Pad(), "zeros around the map, or `same` for ceil(size / stride) results", default=0)
    dilation: PerAxis = argument(Extent(), "distance of the kernel's elements", default=1)
    multiplier: int = argument(SIZE, "results for each channel before they are mixed", default=1)
    bias: bool = argument(Boolean(), "whether a bias is added", default=True)
    act: object = argument(Optional_(LayerType()), "activation that follows", default=None)
    linear = True

    samples = (
        Sample(
            "separable(16, 3x3, pad=same)",
            "8x9x9",
            out="16x9x9",
            params=216,
            weights={
                "depthwise_weight": "8x1x3x3 he_uniform",
                "pointwise_weight": "16x8x1x1 he_uniform",
                "bias": "16 constant",
            },
        ),
        Sample("separable(4, 3x2, stride=2, pad=1, multiplier=3, bias=false)", "2x9x8", out="4x5x5", params=60),
        Sample("separable(5, 3, dilation=2, act=relu)", "3x9", out="5x5", params=29),
        Sample("separable(2, [1, 2, 2])", "[2, D, 4, 4]", out="[2, D, 3, 3]", params=14),
    )
    errors = (
        Wrong("separable(0, 3)", "3x8x8", code="E224", says="a positive whole number, found 0"),
        Wrong("separable(4, 9)", "3x8x8", code="E301", says="kernel 9x9 is larger than the map of 8x8"),
    )

    def build(self, b: LayerBuilder, x: Value) -> Value:
        move = window(x, "separable", self.kernel, self.stride, self.pad, self.dilation)
        channels = constant_size(language_shape(x)[0], "the number of channels")
        apart, ones = channels * self.multiplier, (1,) * len(move.kernel)
        weight = b.parameter("depthwise_weight", (apart, 1, *move.kernel), HE_UNIFORM)
        y = convolved(b, x, weight, move, groups=channels, bias=False)
        mixing = b.parameter("pointwise_weight", (self.filters, apart, *ones), HE_UNIFORM)
        place = Window(ones, ones, ones, (0,) * (2 * len(ones)))
        return convolved(b, y, mixing, place, groups=1, bias=self.bias, act=self.act)

    def formula(self, torch: Any, x: Any, depthwise_weight: Any, pointwise_weight: Any, bias: Any = None) -> Any:
        whole = padded(torch, x, self.pad, self.kernel, self.stride, self.dilation)
        y = slid(torch, whole, depthwise_weight, None, each(self.stride, x), each(self.dilation, x), x.shape[0])
        return slid(torch, y, pointwise_weight, bias, 1, 1, 1)
