"""Pooling to a map of given size: windows that cover the map evenly."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.arguments import argument
from netc.compiler.declare.extents import Extent
from netc.compiler.ir import Value
from netc.compiler.layers.along import by_matrix, chosen
from netc.compiler.layers.base import Layer, LayerBuilder, Sample, ShapeError, Wrong, layer
from netc.compiler.layers.formulas import each
from netc.compiler.layers.spatial import PerAxis, per_axis, refuse_many_places, spatial_sizes


class AdaptivePool(Layer):
    """What the two share: window i of n over an axis of size s goes from floor(i s / n) to ceil((i + 1) s / n)."""

    size: PerAxis = argument(Extent(), "the sizes of the result: `7x7`, or a number for all axes")

    def ranges(self, x: Value) -> list[list[range]]:
        """The windows along each spatial axis; raises ShapeError where they cannot be known."""
        sizes, counts = spatial_sizes(x, self.word), per_axis(self.size, x, "size")
        found = []
        for size, count in zip(sizes, counts, strict=True):
            if not isinstance(size, int):
                raise ShapeError(
                    f"windows over an axis of size {size} are not known while compiling",
                    argument="size",
                    help="give the input fixed sizes, or take the whole axis: `global_avgpool(keep=true)`",
                    code="E304",
                )
            refuse_many_places(count, "size")
            found.append([range(i * size // count, -(-(i + 1) * size // count)) for i in range(count)])
        return found


@layer("adaptive_avgpool")
class AdaptiveAvgPool(AdaptivePool):
    """The means of windows that cover the map evenly: `[C, H, W]` -> `[C, *size]`, whatever H and W are.

    Window i of n over an axis of size s goes from floor(i s / n) to ceil((i + 1) s / n), so that windows may overlap
    and n may be larger than s: PyTorch's AdaptiveAvgPool. Works on one to three spatial axes of known size.
    """

    also = (
        "adaptive_average_pooling",
        "adaptive_average_pool",
        "AdaptiveAveragePoolingND(output_size as size)",
        "AdaptiveAvgPoolNd(output_size as size)",
    )

    samples = (
        Sample("adaptive_avgpool(2x3)", "4x6x6", out="4x2x3"),
        Sample("adaptive_avgpool(4)", "2x7x10", out="2x4x4"),
        Sample("adaptive_avgpool(5)", "3x3", out="3x5"),
        Sample("adaptive_avgpool([2, 1, 3])", "2x3x4x5", out="2x2x1x3"),
    )
    errors = (
        Wrong("adaptive_avgpool(0)", "3x8x8", code="E224", says="a size such as `3` or `3x3`, found 0"),
        Wrong("adaptive_avgpool(7)", "[3, H, 8]", code="E304", says="`global_avgpool(keep=true)`"),
        Wrong("adaptive_avgpool(7x7)", "3x8", code="E301", says="size 7x7 has 2 sizes, 3x8 has 1 spatial axis"),
    )

    def build(self, b: LayerBuilder, x: Value) -> Value:
        ranges = self.ranges(x)
        x, sizes = b.batched(x), [windows[-1].stop for windows in ranges]
        kernel = tuple(len(windows[0]) for windows in ranges)
        if all(kernel[i] * len(windows) == size for i, (windows, size) in enumerate(zip(ranges, sizes, strict=True))):
            return b.AveragePool(x, kernel=kernel, strides=kernel, pads=(0,) * (2 * len(kernel)))
        for axis, (windows, size) in enumerate(zip(ranges, sizes, strict=True), 2):
            if any(len(window) > 1 for window in windows):
                shares = [[1 / len(window) if at in window else 0.0 for at in range(size)] for window in windows]
                x = by_matrix(b, x, axis, shares)
            else:
                x = chosen(b, x, axis, [window[0] for window in windows])
        return x

    def formula(self, torch: Any, x: Any) -> Any:
        functional = torch.nn.functional
        pools = (functional.adaptive_avg_pool1d, functional.adaptive_avg_pool2d, functional.adaptive_avg_pool3d)
        return pools[x.ndim - 2](x, each(self.size, x))


@layer("adaptive_maxpool")
class AdaptiveMaxPool(AdaptivePool):
    """The maxima of windows that cover the map evenly: `[C, H, W]` -> `[C, *size]`, whatever H and W are.

    The windows are those of `adaptive_avgpool`, the gradient goes to the first of equal maxima in reading order:
    PyTorch's AdaptiveMaxPool. Works on one to three spatial axes of known size.
    """

    also = (
        "adaptive_max_pooling",
        "AdaptiveMaxPoolingND(output_size as size)",
        "AdaptiveMaxPoolNd(output_size as size)",
    )

    samples = (
        Sample("adaptive_maxpool(2x3)", "4x6x6", out="4x2x3"),
        Sample("adaptive_maxpool(4)", "2x7x10", out="2x4x4"),
        Sample("adaptive_maxpool(5)", "3x3", out="3x5"),
        Sample("adaptive_maxpool([2, 1, 3])", "2x3x4x5", out="2x2x1x3"),
    )
    errors = (
        Wrong("adaptive_maxpool(0)", "3x8x8", code="E224", says="a size such as `3` or `3x3`, found 0"),
        Wrong("adaptive_maxpool(7)", "12", code="E301", says="one to three spatial axes, found 12"),
    )

    def build(self, b: LayerBuilder, x: Value) -> Value:
        ranges = self.ranges(x)
        x = b.batched(x)
        kernel = tuple(max(map(len, windows)) for windows in ranges)
        for axis, (windows, width) in enumerate(zip(ranges, kernel, strict=True), 2):
            places = [window[min(at, len(window) - 1)] for window in windows for at in range(width)]
            x = chosen(b, x, axis, places)  # windows side by side, the last element of short ones repeated
        return b.MaxPool(x, kernel=kernel, strides=kernel, pads=(0,) * (2 * len(kernel)))

    def formula(self, torch: Any, x: Any) -> Any:
        functional = torch.nn.functional
        pools = (functional.adaptive_max_pool1d, functional.adaptive_max_pool2d, functional.adaptive_max_pool3d)
        return pools[x.ndim - 2](x, each(self.size, x))
