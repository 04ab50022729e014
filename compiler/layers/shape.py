"""Layers that only change the shape: flatten, reshape, transpose, slice."""

from __future__ import annotations

from netc.compiler.declare.arguments import AXIS, Axes, Integer, Optional_, Sizes, argument
from netc.compiler.ir import Shape, Size, Undecided, Value, format_shape, is_batched, product
from netc.compiler.layers.base import Layer, LayerBuilder, ShapeError, language_shape, layer


@layer("flatten")
class Flatten(Layer):
    """Joins the axes from `from` on into one, in C order: `[C, H, W]` -> `[C*H*W]`, with `from=1` `[C, H*W]`."""

    start: int = argument(AXIS, "the first axis that is joined", default=0, word="from")

    def build(self, b: LayerBuilder, x: Value) -> Value:
        shape = language_shape(x)
        start = b.axis(x, self.start, "from") - int(is_batched(x)) if shape else 0
        return b.Reshape(x, shape=_with_batch(x, (*shape[:start], product(shape[start:]))))


@layer("reshape")
class Reshape(Layer):
    """The same elements in C order under another shape: `[1024]` -> `reshape(64x4x4)` -> `[64, 4, 4]`.

    One size may be -1: it follows from the others.
    """

    shape: tuple[Size, ...] = argument(Sizes(infer=True), "the new shape, without the batch: `64x4x4`, `[64, -1]`")

    def build(self, b: LayerBuilder, x: Value) -> Value:
        return b.Reshape(x, shape=_with_batch(x, self._resolved(language_shape(x))))

    def _resolved(self, old: Shape) -> Shape:
        have = product(old)
        if self.shape.count(-1) > 1:
            raise ShapeError("only one size of a shape may be -1", argument="shape")
        known = product(tuple(size for size in self.shape if size != -1))
        if -1 in self.shape and have % known == 0:
            return tuple(have // known if size == -1 else size for size in self.shape)
        if -1 in self.shape:
            raise ShapeError(f"the value has {have} elements, which is no multiple of {known}", argument="shape")
        if known != have:
            raise ShapeError(
                f"{format_shape(self.shape)} has {known} elements, the value {format_shape(old)} has {have}",
                argument="shape",
                help="put -1 in the place of the size that follows from the others",
            )
        return self.shape


@layer("transpose")
class Transpose(Layer):
    """Exchanges axes: `[A, B]` -> `[B, A]`. Unless `axes` are given, the last two change places."""

    axes: tuple[int, ...] | None = argument(
        Optional_(Axes()), "for each axis of the output, the input's axis: `[1, 2, 0]`", default=None
    )

    def build(self, b: LayerBuilder, x: Value) -> Value:
        shape = language_shape(x)
        rank = len(shape)
        if rank < 2:
            found = format_shape(shape) if shape else "a single number an example"
            raise ShapeError(f"transpose needs two axes or more, found {found}")
        axes = (*range(rank - 2), rank - 1, rank - 2) if self.axes is None else self.axes
        if sorted(axes) != list(range(rank)):
            raise ShapeError(
                f"axes [{', '.join(map(str, axes))}] do not name each of the {rank} axes of {format_shape(shape)} once",
                argument="axes",
                help=f"list the numbers 0 to {rank - 1}, each once",
                code="E303",
            )
        batch = int(is_batched(x))
        return b.Transpose(x, axes=(*range(batch), *(axis + batch for axis in axes)))


@layer("slice")
class Slice(Layer):
    """Elements `start` to `stop`, the end excluded, of one axis, every `step`-th: `slice(0, 10)`, `slice(-1, axis=1)`.

    As in Python a negative number counts from the end. The axis stays, also with one element left. Unlike in Python,
    a start or stop past the end is an error.
    """

    start: int = argument(AXIS, "the first element")
    stop: int | None = argument(Optional_(AXIS), "the element after the last; the end unless given", default=None)
    axis: int = argument(AXIS, "the axis", default=0)
    step: int = argument(Integer(1), "the distance of the elements", default=1)

    def build(self, b: LayerBuilder, x: Value) -> Value:
        axis = b.axis(x, self.axis)
        size = x.shape[axis]
        start, stop = _from_start(self.start, size), _from_start(size if self.stop is None else self.stop, size)
        for argument_name, given, limit in (("start", start, size - 1), ("stop", stop, size)):
            if _surely(given, limit) or _surely(0, given):
                written = self.start if argument_name == "start" else self.stop
                raise ShapeError(f"{argument_name} {written} of an axis of size {size}", argument=argument_name)
        if _surely(start + 1, stop):
            raise ShapeError(f"no element lies between {self.start} and {self.stop} on an axis of size {size}")
        return b.Slice(x, starts=(start,), stops=(stop,), axes=(axis,), steps=(self.step,))


def _from_start(index: Size, size: Size) -> Size:
    return size + index if isinstance(index, int) and index < 0 else index


def _surely(a: Size, b: Size) -> bool:
    """Whether a > b for every value of the symbols."""
    try:
        return bool(a > b)
    except Undecided:
        return False


def _with_batch(x: Value, shape: Shape) -> Shape:
    return (x.shape[0], *shape) if is_batched(x) else shape
