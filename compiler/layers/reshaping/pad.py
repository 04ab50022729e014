"""Maps made larger or smaller at their borders."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.arguments import AXIS, Optional_, Real, Word, argument
from netc.compiler.declare.extents import Pad, Sizes
from netc.compiler.ir import DType, Shape, Size, Value, format_shape, holds, is_batched, too_large
from netc.compiler.layers.along import cut, with_edges, with_reflection
from netc.compiler.layers.base import Layer, LayerBuilder, Sample, ShapeError, Wrong, language_shape, layer
from netc.compiler.layers.spatial import given_pads, require_map
from netc.compiler.ops.checks import surely_less
from netc.grammar.counted import counted


class Border(Layer):
    """What the two share: how much of which axes."""

    amount: Any = argument(Pad(words=()), "rows at every border: `1`, `[1, 2]` or `[[top, bottom], [left, right]]`")

    def borders(self, b: LayerBuilder, x: Value, axis: int | None) -> list[tuple[int, int, int]]:
        """(axis of the graph, begin, end) for each axis; raises ShapeError."""
        if axis is not None:
            pair = (self.amount, self.amount) if isinstance(self.amount, int) else self.amount
            if len(pair) != 2 or not all(isinstance(item, int) for item in pair):
                raise ShapeError("with `axis` the amount is a number or `[begin, end]`", argument="amount")
            return [(b.axis(x, axis), *pair)]
        axes = len(require_map(x, self.word))
        pads, first = given_pads(self.amount, x), 1 + int(is_batched(x))
        return [(first + i, pads[i], pads[axes + i]) for i in range(axes)]


@layer("pad")
class PadLayer(Border):
    """Puts a border around a map: `[C, H, W]` -> `[C, H + top + bottom, W + left + right]`, also on one or three axes.

    `mode=constant` fills it with `value`, `edge` with the nearest element (PyTorch's replicate), `reflect` with the map
    reflected at its first and last row, which are not repeated. With `axis` it works on that axis alone: `pad([0, 16],
    axis=0)` adds channels.
    """

    also = (
        "ConstantPadNd(padding, value)",
        "ReflectionPadNd(padding, +mode=reflect)",
        "ReplicationPadNd(padding, +mode=edge)",
        "ZeroPadNd(padding)",
        "ZeroPaddingND(padding as amount=1)",
    )

    mode: str = argument(Word(("constant", "reflect", "edge")), "what the border is made of", default="constant")
    value: float = argument(Real(), "the number that `constant` fills it with", default=0.0)
    axis: int | None = argument(Optional_(AXIS), "the only axis that is padded", default=None)

    samples = (
        Sample("pad(1)", "3x4x5", out="3x6x7"),
        Sample("pad([[1, 2], [0, 3]], value=-1.5)", "[2, H, 5]", out="[2, H + 3, 8]"),
        Sample("pad(2, mode=reflect)", "2x5x4", out="2x9x8"),
        Sample("pad([[3, 0]], mode=reflect)", "2x4", out="2x7"),
        Sample("pad([1, 2], mode=edge)", "[2, H, 3]", out="[2, H + 2, 7]"),
        Sample("pad([0, 2], axis=0)", "3x4x4", out="5x4x4"),
        Sample("pad(1, edge, axis=-1)", "6", out="8"),
    )
    errors = (
        Wrong("pad(3, mode=reflect)", "2x3x9", code="E301", says="3 reflected rows of 3"),
        Wrong("pad(same)", "2x3x9", code="E224", says="found"),
        Wrong("pad(-1)", "2x3x9", code="E224", says="found -1"),
        Wrong("pad(1, mode=wrap)", "2x3x9", code="E201", says="nothing is called `wrap`"),
        Wrong("pad([1, 2, 3], axis=0)", "6", code="E301", says="a number or `[begin, end]`"),
        Wrong("pad(1, axis=0, value=0.5)", "int 4", code="E302", says="filled with whole numbers, found 0.5"),
        Wrong("pad(1, axis=0, value=1e30)", "int 4", code="E302", says="1e+30 is more than int64 holds"),
        Wrong("pad(1, edge, value=2)", "2x4x4", code="E301", says="`value` is what `mode=constant` fills with"),
    )

    def build(self, b: LayerBuilder, x: Value) -> Value:
        if self.value and self.mode != "constant":
            raise ShapeError("`value` is what `mode=constant` fills with", argument="value")
        borders = self.borders(b, x, self.axis)
        if self.mode == "constant":
            if self.value != self.value // 1 and x.dtype is not DType.FLOAT32:
                raise ShapeError(f"{x.dtype} is filled with whole numbers, found {self.value:g}", argument="value",
                                 help="round it, or multiply by 1.0 first", code="E302")  # fmt: skip
            if not holds(x.dtype, self.value):
                raise ShapeError(
                    too_large(self.value, x.dtype), argument="value", help="take one nearer to 0", code="E302"
                )
            pads: list[Size] = [0] * (2 * x.rank)
            for axis, begin, end in borders:
                pads[axis], pads[axis + x.rank] = begin, end
            return b.Pad(x, pads=tuple(pads), value=self.value)
        for axis, begin, end in borders:
            size, most = x.shape[axis], max(begin, end)
            if self.mode == "reflect" and isinstance(size, int) and most >= size:
                raise ShapeError(
                    f"{counted(most, 'reflected row')} of {size}: the first isn't repeated", argument="amount"
                )
            x = (with_edges if self.mode == "edge" else with_reflection)(b, x, axis, begin, end)
        return x

    def formula(self, torch: Any, x: Any) -> Any:
        axes = range(1, x.ndim) if self.axis is None else [self.axis % x.ndim]
        given = [self.amount] * len(axes) if self.axis is not None or isinstance(self.amount, int) else self.amount
        for axis, item in zip(axes, given, strict=True):
            begin, end = (item, item) if isinstance(item, int) else item
            places = torch.arange(-begin, x.shape[axis] + end)
            last = x.shape[axis] - 1
            if self.mode == "constant":
                sizes = [*x.shape]
                sizes[axis] = begin + end + x.shape[axis]
                x = torch.full(sizes, self.value, dtype=x.dtype).index_copy(
                    axis, places[begin : begin + last + 1] + begin, x
                )
            else:
                inside = places.clamp(0, last) if self.mode == "edge" else last - (places.abs() - last).abs()
                x = x.index_select(axis, inside)
        return x


@layer("crop")
class Crop(Border):
    """Cuts the border off a map: `[C, H, W]` -> `[C, H - top - bottom, W - left - right]`; or all but its middle.

    `crop(2)` cuts two rows at every border; `crop(size=24x24)` keeps the middle of that size, the odd row cut at the
    end. Works on one to three spatial axes, with `axis` on that axis alone: `crop([1, 0], axis=0)`.
    """

    also = ("CroppingND(cropping as amount=1)",)

    amount: Any = argument(
        Optional_(Pad(words=())),
        "rows at every border: `1`, `[1, 2]` or `[[top, bottom], [left, right]]`",
        default=None,
    )
    size: Shape | None = argument(Optional_(Sizes()), "the size of what is kept, instead of an amount", default=None)
    axis: int | None = argument(Optional_(AXIS), "the only axis that is cut", default=None)

    samples = (
        Sample("crop(1)", "3x6x5", out="3x4x3"),
        Sample("crop([[1, 2], [0, 1]])", "[2, H, 5]", out="[2, H - 3, 4]"),
        Sample("crop(size=3x4)", "2x8x6", out="2x3x4"),
        Sample("crop(size=[2])", "2x5x4x3", out="2x2x2x2"),
        Sample("crop([1, 0], axis=0)", "3x4", out="2x4"),
        Sample("crop(size=[4], axis=-1)", "[3, W]", out="[3, 4]"),
    )
    errors = (
        Wrong("crop(2)", "3x4x9", code="E301", says="4 rows of 4 cut off"),
        Wrong("crop(size=5x5)", "3x4x9", code="E301", says="5 of 4 elements"),
        Wrong("crop", "3x4x9", code="E301", says="crop needs an amount or a size"),
        Wrong("crop(1, size=[2])", "3x4x9", code="E301", says="crop needs an amount or a size"),
    )

    def build(self, b: LayerBuilder, x: Value) -> Value:
        if (self.amount is None) == (self.size is None):
            raise ShapeError("crop needs an amount or a size", help="write `crop(1)` or `crop(size=24x24)`")
        for axis, start, stop in self._kept(b, x):
            x = cut(b, x, axis, start, stop)
        return x

    def _kept(self, b: LayerBuilder, x: Value) -> list[tuple[int, Size, Size]]:
        """(axis of the graph, start, stop) for each axis."""
        if self.size is None:
            found: list[tuple[int, Size, Size]] = []
            for axis, begin, end in self.borders(b, x, self.axis):
                size = x.shape[axis]
                if surely_less(size, begin + end + 1):
                    raise ShapeError(f"{counted(begin + end, 'row')} of {size} cut off", argument="amount")
                found.append((axis, begin, size - end))
            return found
        first, axes = 1 + int(is_batched(x)), len(language_shape(x)) - 1
        places = [b.axis(x, self.axis)] if self.axis is not None else [first + i for i in range(axes)]
        sizes = self.size * len(places) if len(self.size) == 1 else self.size
        if self.axis is None:
            require_map(x, self.word)
        if len(sizes) != len(places):
            raise ShapeError(
                f"size {format_shape(self.size)} for {counted(len(places), 'axis', 'axes')}", argument="size"
            )
        kept = []
        for axis, size in zip(places, sizes, strict=True):
            if surely_less(x.shape[axis], size):
                raise ShapeError(f"the middle {size} of {counted(x.shape[axis], 'element')}", argument="size")
            start = (x.shape[axis] - size) // 2
            kept.append((axis, start, start + size))
        return kept

    def formula(self, torch: Any, x: Any) -> Any:
        axes = list(range(1, x.ndim)) if self.axis is None else [self.axis % x.ndim]
        for number, axis in enumerate(axes):
            if self.size is not None:
                size = self.size[number % len(self.size)]
                begin = (x.shape[axis] - size) // 2
                end = x.shape[axis] - size - begin
            else:
                whole = self.axis is not None or isinstance(self.amount, int)
                item = self.amount if whole else self.amount[number]
                begin, end = (item, item) if isinstance(item, int) else item
            x = x.narrow(axis, begin, x.shape[axis] - begin - end)
        return x
