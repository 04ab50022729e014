"""Layers that only change the shape: flatten, reshape, transpose."""

from __future__ import annotations

from typing import Any, ClassVar

from netc.compiler.declare.arguments import AXIS, Optional_, argument
from netc.compiler.declare.axes import Axes
from netc.compiler.declare.extents import Sizes
from netc.compiler.ir import Shape, Size, Value, format_shape, is_batched, product
from netc.compiler.layers.base import Layer, LayerBuilder, Sample, ShapeError, Wrong, language_shape, layer
from netc.grammar.counted import counted


@layer("flatten")
class Flatten(Layer):
    """Joins the axes from `from` on into one, in C order: `[C, H, W]` -> `[C*H*W]`, with `from=1` `[C, H*W]`."""

    also = ("Flatten(start_dim)", "ravel")

    start: int = argument(AXIS, "the first axis that is joined", default=0, word="from")

    samples = (
        Sample("flatten", "64x7x7", out="3136"),
        Sample("flatten(1)", "64x7x7", out="64x49"),
        Sample("flatten(from=-2)", "64x7x7", out="64x49"),
        Sample("flatten", "float", out="1"),
        Sample("flatten(from=1)", "[3, H, 4]", out="[3, 4 * H]"),
        Sample("flatten", "int 3x4", out="12"),
    )
    errors = (
        Wrong("flatten(from=2)", "3x8", code="E303", says="axis 2 of a value with 2 axes"),
        Wrong("flatten(0.5)", "3x8", code="E224", says="a whole number, found 0.5"),
    )

    def build(self, b: LayerBuilder, x: Value) -> Value:
        shape = language_shape(x)
        start = b.axis(x, self.start, "from") - int(is_batched(x)) if shape else 0
        return b.Reshape(x, shape=with_batch(x, (*shape[:start], product(shape[start:]))))

    def formula(self, torch: Any, x: Any) -> Any:
        return x.flatten(self.start) if x.ndim else x.reshape(1)


@layer("reshape")
class Reshape(Layer):
    """The same elements in C order under another shape: `[1024]` -> `reshape(64x4x4)` -> `[64, 4, 4]`.

    One size may be -1: it follows from the others.
    """

    also = ("view", "unflatten")

    shape: tuple[Size, ...] = argument(Sizes(infer=True), "the new shape, without the batch: `64x4x4`, `[64, -1]`")

    samples = (
        Sample("reshape(64x4x4)", "1024", out="64x4x4"),
        Sample("reshape([4, -1])", "8x6", out="4x12"),
        Sample("reshape(shape=[-1])", "[3, H]", out="3 * H"),
        Sample("reshape(3x2)", "int 6", out="3x2"),
    )
    errors = (
        Wrong(
            "reshape(3x4)",
            "10",
            code="E301",
            says=(
                "3x4 has 12 elements, the value 10 has 10",
                "put -1 in the place of the size that follows from the others",
            ),
        ),
        Wrong("reshape([3, -1])", "10", code="E301", says="the value has 10 elements, which is no multiple of 3"),
        Wrong("reshape([-1, -1])", "10", code="E301", says="only one size of a shape may be -1"),
        Wrong("reshape([3, -2])", "12", code="E224", says="a shape such as `64x7x7` or `[1, 768]`, found [3, -2]"),
    )

    def build(self, b: LayerBuilder, x: Value) -> Value:
        return b.Reshape(x, shape=with_batch(x, self._resolved(language_shape(x))))

    def formula(self, torch: Any, x: Any) -> Any:
        return x.reshape(self.shape)

    def _resolved(self, old: Shape) -> Shape:
        have = product(old)
        if self.shape.count(-1) > 1:
            raise ShapeError("only one size of a shape may be -1", argument="shape")
        known = product(tuple(size for size in self.shape if size != -1))
        if -1 in self.shape and have % known == 0:
            return tuple(have // known if size == -1 else size for size in self.shape)
        if -1 in self.shape:
            raise ShapeError(
                f"the value has {counted(have, 'element')}, which is no multiple of {known}", argument="shape"
            )
        if known != have:
            raise ShapeError(
                f"{format_shape(self.shape)} has {counted(known, 'element')}, the value {format_shape(old)} has {have}",
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

    samples: ClassVar[tuple[Sample, ...]] = (
        Sample("transpose", "512x49", out="49x512"),
        Sample("transpose", "2x3x4", out="2x4x3"),
        Sample("transpose([1, 2, 0])", "2x3x4", out="3x4x2"),
        Sample("transpose(axes=[2, 0, 1])", "[3, H, W]", out="[W, 3, H]"),
        Sample("transpose", "int 3x4", out="4x3"),
    )
    errors: ClassVar[tuple[Wrong, ...]] = (
        Wrong("transpose", "10", code="E301", says="transpose needs two axes or more, found 10"),
        Wrong(
            "transpose([0, 0])",
            "3x4",
            code="E303",
            says=("axes [0, 0] do not name each of the 2 axes of 3x4 once", "list the numbers 0 to 1, each once"),
        ),
        Wrong("transpose(1)", "3x4", code="E224", says="a list of axes such as `[1, 2, 0]`, found 1"),
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
                f"axes [{', '.join(map(str, axes))}] do not name each of the {counted(rank, 'axis', 'axes')} of "
                f"{format_shape(shape)} once",
                argument="axes",
                help=f"list the numbers 0 to {rank - 1}, each once",
                code="E303",
            )
        batch = int(is_batched(x))
        return b.Transpose(x, axes=(*range(batch), *(axis + batch for axis in axes)))

    def formula(self, torch: Any, x: Any) -> Any:
        return x.transpose(-2, -1) if self.axes is None else x.permute(self.axes)


def with_batch(x: Value, shape: Shape) -> Shape:
    """A shape of the language as the graph has it: behind the batch where the value has one."""
    return (x.shape[0], *shape) if is_batched(x) else shape
