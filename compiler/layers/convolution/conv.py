"""Convolution."""

from __future__ import annotations

import math
from typing import Any

from netc.compiler.declare.arguments import SIZE, Boolean, Optional_, argument
from netc.compiler.declare.extents import Extent, Pad
from netc.compiler.declare.lists import Connections
from netc.compiler.declare.references import LayerType
from netc.compiler.initializers.uniform import Uniform
from netc.compiler.ir import DType, Tensor, Value
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
from netc.compiler.layers.spatial import PerAxis, Window, window
from netc.grammar.counted import counted


@layer("conv")
class Conv(Layer):
    """Slides `filters` kernels over a map: `[C, H, W]` -> `[filters, H', W']`, H' = (H + pads - extent) // stride + 1.

    Works on one to three spatial axes: `[C, L]`, `[C, H, W]`, `[C, D, H, W]`; extent = (kernel - 1) * dilation + 1.
    As in all frameworks the kernel is not flipped (cross-correlation). With `groups`, each group of output channels
    sees its share of the input channels alone; `groups = C` is a depthwise convolution. With `pad=same` the odd element
    of padding goes to the end.

    With `connections` a filter sees the channels in its list alone: LeNet-5's C3 has 60 of 96 connections. The weight
    then is `[connections, 1, *kernel]`, filter after filter, uniform with the bound of he_uniform for the mean number
    of channels; other initializers count one channel.

    Parameters: weight `[filters, C / groups, *kernel]`, drawn from `he_uniform`; bias `[filters]`,
    zeros (LeCun et al. 1998, Gradient-based learning applied to document recognition).
    """

    also = (
        "convolution",
        "ConvNd(-in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias)",
        "LazyConvNd",
    )

    filters: int = argument(SIZE, "output channels")
    kernel: PerAxis = argument(Extent(), "the kernel's size: `3x3`, or a number for all axes")
    stride: PerAxis = argument(Extent(), "how far the kernel moves", default=1)
    pad: Any = argument(Pad(), "zeros around the map, or `same` for ceil(size / stride) results", default=0)
    dilation: PerAxis = argument(Extent(), "distance of the kernel's elements", default=1)
    groups: int = argument(SIZE, "groups of channels that don't mix", default=1)
    bias: bool = argument(Boolean(), "whether a bias is added", default=True)
    act: object = argument(Optional_(LayerType()), "activation that follows", default=None)
    connections: tuple[tuple[int, ...], ...] | None = argument(
        Optional_(Connections()),
        "for each filter the input channels that it sees, from 0: `[[0, 1], [1, 2]]`",
        default=None,
        by_name=True,
    )
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
        Sample(
            "conv(16, 5x5, connections=[[0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5], [0, 4, 5], [0, 1, 5], "
            "[0, 1, 2, 3], [1, 2, 3, 4], [2, 3, 4, 5], [0, 3, 4, 5], [0, 1, 4, 5], [0, 1, 2, 5], "
            "[0, 1, 3, 4], [1, 2, 4, 5], [0, 2, 3, 5], [0, 1, 2, 3, 4, 5]])",
            "6x14x14",
            out="16x10x10",
            params=1516,
        ),
        Sample(
            "conv(2, 3, stride=2, pad=1, connections=[[2], [0, 1]], bias=false)",
            "3x9",
            out="2x5",
            params=9,
            weights={"weight": "3x1x3 uniform(1.1547)"},
        ),
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
        Wrong("conv(2, 1, connections=[[0], [3]])", "3x4", code="E301", says="input channel 3 of 3, counted from 0"),
        Wrong("conv(3, 1, connections=[[0], [1]])", "3x4", code="E301", says="2 lists of connections for 3 filters"),
        Wrong("conv(2, 1, connections=[[0], [1, 1]])", "3x4", code="E224", says="found [[0], [1, 1]]"),
        Wrong("conv(2, 1, connections=[[0], [1]], groups=2)", "2x4", code="E301", says="and so do groups"),
        Wrong("conv(3, 1)", "[H, 4, 4]", code="E304", says="the number of channels H is not known while compiling"),
        Wrong("conv(3, 3, stride=2, pad=same)", "[3, H, 8]", code="E304", says="`expect H % 2 == 0`", at="pad=same"),
    )

    def build(self, b: LayerBuilder, x: Value) -> Value:
        move = window(x, "conv", self.kernel, self.stride, self.pad, self.dilation)
        channels = constant_size(language_shape(x)[0], "the number of channels")
        if self.connections is not None:
            weight = self._connected(b, channels, move)
        else:
            check_groups(channels, self.filters, self.groups)
            weight = b.parameter("weight", (self.filters, channels // self.groups, *move.kernel), HE_UNIFORM)
        return convolved(b, x, weight, move, groups=self.groups, bias=self.bias, act=self.act)

    def _connected(self, b: LayerBuilder, channels: int, move: Window) -> Value:
        """The whole kernel with the connections' own kernels at their places, zeros at the others."""
        table = self.connections
        assert table is not None
        if self.groups != 1:
            raise ShapeError("connections say which channels meet, and so do groups", argument="groups")
        if len(table) != self.filters:
            raise ShapeError(f"{len(table)} lists of connections for {self.filters} filters", argument="connections")
        outside = next((number for seen in table for number in seen if number >= channels), None)
        if outside is not None:
            raise ShapeError(f"input channel {outside} of {channels}, counted from 0", argument="connections")
        count = sum(map(len, table))
        fan_in = count / self.filters * math.prod(move.kernel)
        weight = b.parameter("weight", (count, 1, *move.kernel), Uniform(bound=(6.0 / fan_in) ** 0.5))
        numbers = iter(range(count))
        places = [next(numbers) if at in seen else count for seen in table for at in range(channels)]
        nothing = (0,) * (len(move.kernel) + 1)
        kernels = b.Pad(weight, pads=(0, *nothing, 1, *nothing))
        chosen = b.Gather(kernels, b.Constant(value=Tensor(DType.INT64, (len(places),), tuple(places))), axis=0)
        return b.Reshape(chosen, shape=(self.filters, channels, *move.kernel))

    def formula(self, torch: Any, x: Any, weight: Any, bias: Any = None) -> Any:
        if self.connections is not None:
            rows = iter(weight[:, 0])
            zeros = torch.zeros_like(weight[0, 0])
            kernels = [next(rows) if at in seen else zeros for seen in self.connections for at in range(x.shape[0])]
            weight = torch.stack(kernels).reshape(self.filters, x.shape[0], *weight.shape[2:])
        whole = padded(torch, x, self.pad, self.kernel, self.stride, self.dilation)
        return slid(torch, whole, weight, bias, each(self.stride, x), each(self.dilation, x), self.groups)


def convolved(
    b: LayerBuilder, x: Value, weight: Value, move: Window, *, groups: int, bias: bool, act: object = None
) -> Value:
    """The convolution of a map, with a bias of its own and the activation that follows."""
    weights = [weight]
    if bias:
        weights.append(b.parameter("bias", (constant_size(weight.shape[0], "filters"),), ZEROS))
    y = b.Conv(b.batched(x), *weights, strides=move.strides, pads=move.pads, dilations=move.dilations, group=groups)
    return b.apply(act, y, "act") if act is not None else y


def slid(torch: Any, x: Any, weight: Any, bias: Any, stride: Any, dilation: Any, groups: int) -> Any:
    """PyTorch's convolution of a padded map."""
    functional = torch.nn.functional
    slide = (functional.conv1d, functional.conv2d, functional.conv3d)[x.ndim - 2]
    return slide(x, weight, bias, stride, 0, dilation, groups)


def check_groups(channels: int, filters: int, groups: int) -> None:
    """Groups divide input channels and filters; raises ShapeError otherwise."""
    for count, what in ((channels, "input channels"), (filters, "filters")):
        if count % groups:
            fitting = [n for n in range(1, count + 1) if channels % n == 0 and filters % n == 0]
            raise ShapeError(
                f"{count} {what} do not divide into {counted(groups, 'group')}",
                argument="groups",
                help=f"take `groups` from {', '.join(map(str, fitting))}" if len(fitting) <= 12 else None,
            )
