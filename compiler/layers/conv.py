"""Convolution."""

from __future__ import annotations

import math
from typing import Any

from netc.compiler.declare.arguments import SIZE, Boolean, Extent, LayerType, Optional_, Pad, argument
from netc.compiler.ir import Value
from netc.compiler.layers.base import (
    ZEROS,
    Layer,
    LayerBuilder,
    ShapeError,
    constant_size,
    kaiming_uniform,
    language_shape,
    layer,
)
from netc.compiler.layers.spatial import PerAxis, window


@layer("conv")
class Conv(Layer):
    """Slides `filters` kernels over a map: `[C, H, W]` -> `[filters, H', W']`, H' = (H + pads - extent) // stride + 1.

    Works on one to three spatial axes: `[C, L]`, `[C, H, W]`, `[C, D, H, W]`; extent = (kernel - 1) * dilation + 1.
    As in all frameworks the kernel is not flipped (cross-correlation). With `groups`, each group of output channels
    sees its share of the input channels alone; `groups = C` is a depthwise convolution. With `pad=same` the odd element
    of padding goes to the end.

    Parameters: weight `[filters, C / groups, *kernel]`, drawn from Kaiming's uniform distribution; bias `[filters]`,
    zeros (LeCun et al. 1998, Gradient-based learning applied to document recognition).
    """

    filters: int = argument(SIZE, "output channels")
    kernel: PerAxis = argument(Extent(), "the kernel's size: `3x3`, or a number for all axes")
    stride: PerAxis = argument(Extent(), "how far the kernel moves", default=1)
    pad: Any = argument(Pad(), "zeros around the map, or `same` for ceil(size / stride) results", default=0)
    dilation: PerAxis = argument(Extent(), "distance of the kernel's elements", default=1)
    groups: int = argument(SIZE, "groups of channels that don't mix", default=1)
    bias: bool = argument(Boolean(), "whether a bias is added", default=True)
    act: object = argument(Optional_(LayerType()), "activation that follows", default=None)
    linear = True

    def build(self, b: LayerBuilder, x: Value) -> Value:
        move = window(x, "conv", self.kernel, self.stride, self.pad, self.dilation)
        channels = constant_size(language_shape(x)[0], "the number of channels")
        self._check_groups(channels)
        shape = (self.filters, channels // self.groups, *move.kernel)
        weights = [b.parameter("weight", shape, kaiming_uniform(math.prod(shape[1:])))]
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

    def _check_groups(self, channels: int) -> None:
        for count, what in ((channels, "input channels"), (self.filters, "filters")):
            if count % self.groups:
                fitting = [n for n in range(1, count + 1) if channels % n == 0 and self.filters % n == 0]
                raise ShapeError(
                    f"{count} {what} do not divide into {self.groups} groups",
                    argument="groups",
                    help=f"take `groups` from {', '.join(map(str, fitting))}" if len(fitting) <= 12 else None,
                )
