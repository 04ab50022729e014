"""Pooling: the maximum or the mean of each window."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.arguments import Boolean, Extent, Optional_, Pad, argument
from netc.compiler.ir import Value
from netc.compiler.layers.base import Layer, LayerBuilder, layer
from netc.compiler.layers.spatial import PerAxis, spatial_sizes, window


class Pool(Layer):
    """What the pooling layers share."""

    kernel: PerAxis = argument(Extent(), "the window's size: `2x2`, or a number for all axes")
    stride: PerAxis | None = argument(
        Optional_(Extent()), "how far the window moves; the kernel's size unless given", default=None
    )

    @property
    def step(self) -> PerAxis:
        """The stride, the kernel's size unless given."""
        return self.kernel if self.stride is None else self.stride


@layer("maxpool")
class MaxPool(Pool):
    """The largest element of each window: `[C, H, W]` -> `[C, H', W']`, H' = (H + pads - kernel) // stride + 1.

    Works on one to three spatial axes. Padding never wins: it counts as minus infinity. The gradient flows to the
    first of equal maxima in reading order.
    """

    pad: Any = argument(Pad(), "padding around the map, or `same` for ceil(size / stride) results", default=0)

    def build(self, b: LayerBuilder, x: Value) -> Value:
        move = window(x, "maxpool", self.kernel, self.step, self.pad, largest_pad=True)
        return b.MaxPool(b.batched(x), kernel=move.kernel, strides=move.strides, pads=move.pads)


@layer("avgpool")
class AvgPool(Pool):
    """The mean of each window: `[C, H, W]` -> `[C, H', W']`, H' = (H + pads - kernel) // stride + 1.

    Works on one to three spatial axes. Elements of the padding are left out of the mean unless `count_pad=true`.
    """

    pad: Any = argument(Pad(), "zeros around the map, or `same` for ceil(size / stride) results", default=0)
    count_pad: bool = argument(Boolean(), "whether padding counts in the mean", default=False)

    def build(self, b: LayerBuilder, x: Value) -> Value:
        move = window(x, "avgpool", self.kernel, self.step, self.pad, largest_pad=True)
        return b.AveragePool(
            b.batched(x),
            kernel=move.kernel,
            strides=move.strides,
            pads=move.pads,
            count_include_pad=self.count_pad,
        )


@layer("global_avgpool")
class GlobalAvgPool(Layer):
    """The mean of each channel over all spatial axes: `[C, H, W]` -> `[C]` (Lin et al. 2013, arXiv:1312.4400)."""

    def build(self, b: LayerBuilder, x: Value) -> Value:
        spatial_sizes(x, "global_avgpool")
        x = b.batched(x)
        return b.ReduceMean(x, axes=tuple(range(2, x.rank)))
