"""Pooling over whole maps: one number a channel."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.arguments import Boolean, argument
from netc.compiler.ir import Value
from netc.compiler.layers.base import Layer, LayerBuilder, Sample, Wrong, layer
from netc.compiler.layers.spatial import spatial_sizes


class GlobalPool(Layer):
    """What the two share."""

    keep: bool = argument(Boolean(), "whether the spatial axes stay, with one element each", default=False)

    def axes(self, x: Value) -> tuple[int, ...]:
        """The axes that go; raises ShapeError where there are none."""
        spatial_sizes(x, self.word)
        return tuple(range(2, x.rank))


@layer("global_avgpool")
class GlobalAvgPool(GlobalPool):
    """The mean of each channel over all spatial axes: `[C, H, W]` -> `[C]`, with `keep=true` `[C, 1, 1]`.

    (Lin et al. 2013, arXiv:1312.4400)
    """

    also = ("gap", "global_pool", "global_average_pool", "global_average_pooling")

    samples = (
        Sample("global_avgpool", "12x7x7", out="12"),
        Sample("global_avgpool", "12x7", out="12"),
        Sample("global_avgpool", "[3, H, W]", out="3"),
        Sample("global_avgpool(keep=true)", "2x3x4x5", out="2x1x1x1"),
    )
    errors = (
        Wrong(
            "global_avgpool",
            "12",
            code="E301",
            says=("global_avgpool works on channels and one to three spatial axes, found 12", "`reshape(64x7x7)`"),
        ),
        Wrong(
            "global_avgpool",
            "int 3x8x8",
            code="E302",
            says="global_avgpool works on floating-point numbers, found int64",
        ),
    )

    def build(self, b: LayerBuilder, x: Value) -> Value:
        x = b.batched(x)
        return b.ReduceMean(x, axes=self.axes(x), keepdims=self.keep)

    def formula(self, torch: Any, x: Any) -> Any:
        return x.mean(tuple(range(1, x.ndim)), self.keep)


@layer("global_maxpool")
class GlobalMaxPool(GlobalPool):
    """The largest element of each channel over all spatial axes: `[C, H, W]` -> `[C]`, with `keep=true` `[C, 1, 1]`.

    Equal maxima share the gradient, as in Keras and PyTorch's amax; PyTorch's adaptive_max_pool gives all of it to the
    first of them, as `adaptive_maxpool(1)` does.
    """

    also = ("global_max_pool", "global_max_pooling")

    samples = (
        Sample("global_maxpool", "12x7x7", out="12"),
        Sample("global_maxpool(keep=true)", "12x7", out="12x1"),
        Sample("global_maxpool", "[3, H, W]", out="3"),
        Sample("global_maxpool", "2x3x4x5", out="2"),
    )
    errors = (
        Wrong("global_maxpool", "12", code="E301", says="one to three spatial axes, found 12"),
        Wrong("global_maxpool(keep=1)", "3x8x8", code="E224", says=("true or false, found 1", "write `true`")),
    )

    def build(self, b: LayerBuilder, x: Value) -> Value:
        x = b.batched(x)
        return b.ReduceMax(x, axes=self.axes(x), keepdims=self.keep)

    def formula(self, torch: Any, x: Any) -> Any:
        return x.amax(tuple(range(1, x.ndim)), self.keep)
