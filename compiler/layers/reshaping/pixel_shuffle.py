"""Channels as places of a finer map, and back."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.arguments import SIZE, argument
from netc.compiler.ir import Size, Value, format_shape
from netc.compiler.layers.base import Layer, LayerBuilder, Sample, ShapeError, Wrong, language_shape, layer


class Blocks(Layer):
    """What the two share: squares of `scale` by `scale` places."""

    scale: int = argument(SIZE, "how many rows and columns become one")

    def map_of(self, x: Value) -> tuple[Size, Size, Size]:
        """Channels, height and width; raises ShapeError."""
        shape = language_shape(x)
        if len(shape) != 3:
            found = format_shape(shape) if shape else "a single number an example"
            raise ShapeError(f"{self.word} works on a map [C, H, W], found {found}")
        return shape[0], shape[1], shape[2]


def divided(size: Size, by: int, what: str) -> Size:
    """The size divided; raises ShapeError where it doesn't divide, or that isn't known."""
    if isinstance(size, int) and size % by:
        raise ShapeError(f"{what} {size} is no multiple of {by}", argument="scale")
    if not isinstance(size, int) and (size // by) * by != size:
        raise ShapeError(
            f"whether {by} divides the {what} {size} is not known while compiling",
            argument="scale",
            help=f"add `expect {size} % {by} == 0` after the input" if str(size).isidentifier() else None,
            code="E304",
        )
    return size // by


@layer("pixel_shuffle")
class PixelShuffle(Blocks):
    """Channels become places: `[C * scale**2, H, W]` -> `[C, H * scale, W * scale]`, in PyTorch's order.

    y[c, h * scale + i, w * scale + j] = x[c * scale**2 + i * scale + j, h, w] (Shi et al. 2016, arXiv:1609.05158).
    """

    also = ("depth_to_space",)

    samples = (
        Sample("pixel_shuffle(2)", "8x3x4", out="2x6x8"),
        Sample("pixel_shuffle(scale=3)", "[9, H, W]", out="[1, 3 * H, 3 * W]"),
        Sample("pixel_shuffle(1)", "2x3x4"),
        Sample("pixel_shuffle(2)", "int 4x1x2", out="1x2x4"),
    )
    errors = (
        Wrong("pixel_shuffle(2)", "6x3x4", code="E301", says="number of channels 6 is no multiple of 4"),
        Wrong("pixel_shuffle(2)", "4x3", code="E301", says="works on a map [C, H, W], found 4x3"),
        Wrong("pixel_shuffle(0)", "4x3x3", code="E224", says="a positive whole number, found 0"),
    )

    def build(self, b: LayerBuilder, x: Value) -> Value:
        (channels, height, width), r = self.map_of(x), self.scale
        kept = divided(channels, r * r, "number of channels")
        x = b.batched(x)
        apart = b.Reshape(x, shape=(x.shape[0], kept, r, r, height, width))
        moved = b.Transpose(apart, axes=(0, 1, 4, 2, 5, 3))
        return b.Reshape(moved, shape=(x.shape[0], kept, height * r, width * r))

    def formula(self, torch: Any, x: Any) -> Any:
        return torch.pixel_shuffle(x, self.scale)


@layer("space_to_depth")
class SpaceToDepth(Blocks):
    """Places become channels: `[C, H, W]` -> `[C * scale**2, H / scale, W / scale]`: `pixel_shuffle` undone.

    y[c * scale**2 + i * scale + j, h, w] = x[c, h * scale + i, w * scale + j], in the order of PyTorch's
    pixel_unshuffle; ONNX's and TensorFlow's SpaceToDepth have channels innermost.
    """

    also = ("pixel_unshuffle",)

    samples = (
        Sample("space_to_depth(2)", "2x6x8", out="8x3x4"),
        Sample("space_to_depth(scale=3)", "1x6x3", out="9x2x1"),
        Sample("space_to_depth(1)", "[2, H, W]"),
        Sample("space_to_depth(2)", "int 1x2x4", out="4x1x2"),
    )
    errors = (
        Wrong("space_to_depth(2)", "2x5x4", code="E301", says="height 5 is no multiple of 2"),
        Wrong("space_to_depth(2)", "[2, 4, W]", code="E304", says="`expect W % 2 == 0`"),
        Wrong("space_to_depth(2)", "8", code="E301", says="works on a map [C, H, W], found 8"),
    )

    def build(self, b: LayerBuilder, x: Value) -> Value:
        (channels, height, width), r = self.map_of(x), self.scale
        rows, columns = divided(height, r, "height"), divided(width, r, "width")
        x = b.batched(x)
        apart = b.Reshape(x, shape=(x.shape[0], channels, rows, r, columns, r))
        moved = b.Transpose(apart, axes=(0, 1, 3, 5, 2, 4))
        return b.Reshape(moved, shape=(x.shape[0], channels * r * r, rows, columns))

    def formula(self, torch: Any, x: Any) -> Any:
        return torch.pixel_unshuffle(x, self.scale)
