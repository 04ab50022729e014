"""Layers that take axes away, add some, repeat or turn them."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.arguments import AXIS, Integer, Optional_, argument
from netc.compiler.declare.axes import Axes, AxisOrAxes
from netc.compiler.declare.extents import Sizes
from netc.compiler.ir import Shape, Size, Value, format_shape, is_batched
from netc.compiler.layers.arithmetic.reductions import chosen_axes
from netc.compiler.layers.base import Layer, LayerBuilder, Sample, ShapeError, Wrong, language_shape, layer
from netc.compiler.layers.reshaping.shape import Transpose, with_batch
from netc.grammar.counted import counted


@layer("permute")
class Permute(Transpose):
    """Axes in another order: `[A, B, C]` -> `permute([2, 0, 1])` -> `[C, A, B]`; `transpose` with its axes given."""

    axes: tuple[int, ...] = argument(Axes(), "for each axis of the output, the input's axis: `[1, 2, 0]`")

    samples = (
        Sample("permute([1, 2, 0])", "2x3x4", out="3x4x2"),
        Sample("permute(axes=[1, 0])", "[T, 3]", out="[3, T]"),
        Sample("permute([1, 0])", "int 3x4", out="4x3"),
    )
    errors = (
        Wrong("permute", "3x4", code="E223", says="`permute` needs `axes`"),
        Wrong("permute([0, 0])", "3x4", code="E303", says="axes [0, 0] do not name each of the 2 axes of 3x4 once"),
    )


@layer("squeeze")
class Squeeze(Layer):
    """Takes axes of size 1 away: all of an example, or those given."""

    axis: tuple[int, ...] | None = argument(
        Optional_(AxisOrAxes()), "the axis, or the axes: all of size 1 unless given", default=None
    )

    samples = (
        Sample("squeeze", "1x5x1", out="5"),
        Sample("squeeze(-1)", "1x5x1", out="1x5"),
        Sample("squeeze(axis=[0, 2])", "[1, T, 1]", out="[T]"),
    )
    errors = (
        Wrong("squeeze(0)", "4x1", code="E301", says="axis 0 has size 4"),
        Wrong("squeeze(2)", "4x1", code="E303", says="axis 2 of a value with 2 axes"),
    )

    def build(self, b: LayerBuilder, x: Value) -> Value:
        gone = chosen_axes(b, x, self.axis)
        if self.axis is None:
            gone = tuple(axis for axis in gone if x.shape[axis] == 1)
        for axis in gone:
            if x.shape[axis] != 1:
                raise ShapeError(f"axis {axis - int(is_batched(x))} has size {x.shape[axis]}", argument="axis")
        return b.Reshape(x, shape=tuple(size for axis, size in enumerate(x.shape) if axis not in gone))

    def formula(self, torch: Any, x: Any) -> Any:
        return torch.squeeze(x) if self.axis is None else torch.squeeze(x, self.axis)


@layer("unsqueeze")
class Unsqueeze(Layer):
    """A new axis of size 1, which is axis `axis` afterwards: `[A, B]` -> `unsqueeze(0)` -> `[1, A, B]`."""

    also = ("expand_dims",)

    axis: int = argument(AXIS, "where it is afterwards")

    samples = (
        Sample("unsqueeze(0)", "4x5", out="1x4x5"),
        Sample("unsqueeze(axis=-1)", "[T]", out="[T, 1]"),
        Sample("unsqueeze(0)", "float", out="1"),
    )
    errors = (
        Wrong("unsqueeze(3)", "4x5", code="E303", says="axis 3 of a value that will have 3 axes"),
        Wrong("unsqueeze", "4x5", code="E223", says="`unsqueeze` needs `axis`"),
    )

    def build(self, b: LayerBuilder, x: Value) -> Value:
        shape = language_shape(x)
        rank = len(shape) + 1
        if not -rank <= self.axis < rank:
            raise ShapeError(
                f"axis {self.axis} of a value that will have {counted(rank, 'axis', 'axes')}",
                argument="axis",
                code="E303",
            )
        at = self.axis % rank
        return b.Reshape(x, shape=with_batch(x, (*shape[:at], 1, *shape[at:])))

    def formula(self, torch: Any, x: Any) -> Any:
        return torch.unsqueeze(x, self.axis)


@layer("expand")
class Expand(Layer):
    """Repeats axes of size 1, and along new ones in front, up to a shape: `[1, C]` -> `expand([T, C])` -> `[T, C]`.

    -1 keeps the size of an axis.
    """

    also = ("broadcast_to",)

    shape: tuple[Size, ...] = argument(Sizes(infer=True), "the new shape, without the batch: `[4, -1]`")

    samples = (
        Sample("expand(4x5)", "1x5", out="4x5"),
        Sample("expand([3, -1, 2])", "5x1", out="3x5x2"),
        Sample("expand(shape=[T, 3])", "[T, 1]", out="[T, 3]"),
        Sample("expand(6)", "float", out="6"),
    )
    errors = (
        Wrong("expand(4x5)", "2x5", code="E301", says="2x5 does not repeat to 4x5"),
        Wrong("expand(4)", "4x5", code="E301", says="4x5 does not repeat to 4"),
        Wrong("expand([-1, 5])", "5", code="E301", says="-1 stands where there is no axis whose size it keeps"),
    )

    def build(self, b: LayerBuilder, x: Value) -> Value:
        old, new = language_shape(x), self._resolved(language_shape(x))
        aligned = x if len(old) == len(new) else b.Reshape(
            x, shape=with_batch(x, (*(1 for _ in range(len(new) - len(old))), *old))
        )  # fmt: skip
        return b.Expand(aligned, shape=with_batch(x, new))

    def formula(self, torch: Any, x: Any) -> Any:
        return x.expand(*(size if isinstance(size, int) else -1 for size in self.shape))

    def _resolved(self, old: Shape) -> Shape:
        new = len(self.shape) - len(old)
        if any(size == -1 for size in self.shape[: max(new, 0)]):
            raise ShapeError("-1 stands where there is no axis whose size it keeps", argument="shape")
        shape = tuple(old[at - new] if size == -1 else size for at, size in enumerate(self.shape)) if new >= 0 else ()
        if new < 0 or any(size not in (1, shape[new + at]) for at, size in enumerate(old)):
            raise ShapeError(
                f"{format_shape(old)} does not repeat to {format_shape(self.shape)}",
                argument="shape",
                help="only axes of size 1 are repeated; `tile` repeats whole axes",
            )
        return shape


@layer("tile")
class Tile(Layer):
    """Repeats the whole value along each axis: `[2, 3]` -> `tile([1, 4])` -> `[2, 12]`."""

    repeats: tuple[Size, ...] = argument(Sizes(), "for each axis, how often")

    samples = (
        Sample("tile([1, 4])", "2x3", out="2x12"),
        Sample("tile(3)", "4", out="12"),
        Sample("tile(repeats=[2, 1])", "[T, 3]", out="[2 * T, 3]"),
        Sample("tile(2)", "int 4", out="8"),
    )
    errors = (
        Wrong("tile(2)", "2x3", code="E301", says="1 repeat for 2 axes"),
        Wrong("tile([0, 1])", "2x3", code="E224", says="a shape such as `64x7x7` or `[1, 768]`, found [0, 1]"),
    )

    def build(self, b: LayerBuilder, x: Value) -> Value:
        shape = language_shape(x)
        if len(self.repeats) != len(shape):
            raise ShapeError(
                f"{counted(len(self.repeats), 'repeat')} for {counted(len(shape), 'axis', 'axes')}", argument="repeats"
            )
        apart = tuple(part for size in shape for part in (1, size))
        often = tuple(part for size, times in zip(shape, self.repeats, strict=True) for part in (times, size))
        full = tuple(size * times for size, times in zip(shape, self.repeats, strict=True))
        repeated = b.Expand(b.Reshape(x, shape=with_batch(x, apart)), shape=with_batch(x, often))
        return b.Reshape(repeated, shape=with_batch(x, full))

    def formula(self, torch: Any, x: Any) -> Any:
        return torch.tile(x, self.repeats)


@layer("roll")
class Roll(Layer):
    """Moves all elements along an axis by `shift` places; what leaves at one end comes in at the other."""

    shift: int = argument(Integer(), "by how many places, to the end; negative to the front")
    axis: int = argument(AXIS, "the axis", default=0)

    samples = (
        Sample("roll(1)", "4x5"),
        Sample("roll(-7, axis=1)", "4x5"),
        Sample("roll(shift=-1)", "[T, 3]"),
        Sample("roll(0)", "int 4"),
    )
    errors = (
        Wrong("roll(1, axis=1)", "4", code="E303", says="axis 1 of a value with 1 axis"),
        Wrong("roll(3)", "[T, 3]", code="E305", says="is not known while compiling"),
    )

    def build(self, b: LayerBuilder, x: Value) -> Value:
        axis = b.axis(x, self.axis)
        size = x.shape[axis]
        if not isinstance(size, int):
            if not size >= abs(self.shift):  # undecided where it may be less, which elaboration reports
                places = counted(abs(self.shift), "place")
                raise ShapeError(f"{places} of an axis of {size}, which is less", argument="shift",
                                 help="move by no more places than the axis has")  # fmt: skip
            start = size - self.shift if self.shift > 0 else -self.shift
            return b.Slice(b.Concat(x, x, axis=axis), starts=(start,), stops=(start + size,), axes=(axis,), steps=(1,))
        shift = self.shift % size
        if shift == 0:
            return b.Identity(x)
        last = b.Slice(x, starts=(size - shift,), stops=(size,), axes=(axis,), steps=(1,))
        return b.Concat(last, b.Slice(x, starts=(0,), stops=(size - shift,), axes=(axis,), steps=(1,)), axis=axis)

    def formula(self, torch: Any, x: Any) -> Any:
        return torch.roll(x, self.shift, self.axis)
