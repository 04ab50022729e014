"""Merges along an axis: `stack` makes a new one, `dot` sums one up."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.arguments import AXIS, Boolean, argument
from netc.compiler.ir import Value, is_batched
from netc.compiler.layers.base import (
    MANY,
    Layer,
    LayerBuilder,
    Sample,
    ShapeError,
    Wrong,
    language_shape,
    layer,
    require_floats,
)
from netc.compiler.layers.merge_shapes import check_equal
from netc.compiler.layers.normalization.l2_normalize import to_unit_length
from netc.compiler.layers.reshaping.shape import with_batch
from netc.grammar.counted import counted


@layer("stack")
class Stack(Layer):
    """Joins two values or more of equal shape along a new axis, the first unless given: two `[H, W]` -> `[2, H, W]`."""

    inputs = (2, MANY)
    axis: int = argument(AXIS, "where the new axis is afterwards", default=0)

    samples = (
        Sample("stack(b)", "4x5", "4x5", out="2x4x5"),
        Sample("stack(b, c, axis=-1)", "4x5", "4x5", "4x5", out="4x5x3"),
        Sample("stack(b, axis=1)", "[T, 2]", "[T, 2]", out="[T, 2, 2]"),
        Sample("stack(b)", "int", "int", out="2"),
    )
    errors = (
        Wrong("stack(b)", "4", "5", code="E301", says="stack needs equal shapes"),
        Wrong("stack(b, axis=2)", "4", "4", code="E303", says="axis 2 of a value that will have 2 axes"),
    )

    def build(self, b: LayerBuilder, *x: Value) -> Value:
        check_equal("stack", x)
        if any(map(is_batched, x)):
            x = tuple(map(b.batched, x))
        shape = language_shape(x[0])
        rank = len(shape) + 1
        if not -rank <= self.axis < rank:
            raise ShapeError(
                f"axis {self.axis} of a value that will have {counted(rank, 'axis', 'axes')}",
                argument="axis",
                code="E303",
            )
        at = self.axis % rank
        apart = [b.Reshape(item, shape=with_batch(item, (*shape[:at], 1, *shape[at:]))) for item in x]
        return b.Concat(*apart, axis=at + int(is_batched(x[0])))

    def formula(self, torch: Any, *x: Any) -> Any:
        return torch.stack(x, self.axis)


@layer("dot")
class Dot(Layer):
    """The inner product of two values of equal shape along an axis, the last unless given, which goes.

    `[C]` and `[C]` give a single number an example. With `normalize` it is the cosine of the angle between them.
    """

    also = ("inner",)

    inputs = (2, 2)
    axis: int = argument(AXIS, "the axis that is summed up", default=-1)
    normalize: bool = argument(Boolean(), "whether both are brought to length 1 first", default=False)

    samples = (
        Sample("dot(b)", "8", "8", out="float"),
        Sample("dot(b, axis=0)", "4x5", "4x5", out="5"),
        Sample("dot(b, normalize=true)", "[T, 3]", "[T, 3]", out="[T]"),
    )
    errors = (
        Wrong("dot(b)", "4", "5", code="E301", says="dot needs equal shapes"),
        Wrong("dot(b)", "int 4", "int 4", code="E302", says="dot works on floating-point numbers, found int64"),
    )

    def build(self, b: LayerBuilder, *x: Value) -> Value:
        require_floats("dot", *x)
        check_equal("dot", x)
        if any(map(is_batched, x)):
            x = tuple(map(b.batched, x))
        axis = b.axis(x[0], self.axis)
        if self.normalize:
            x = tuple(to_unit_length(b, item, (axis,)) for item in x)
        return b.ReduceSum(b.Mul(*x), axes=(axis,))

    def formula(self, torch: Any, x: Any, y: Any) -> Any:
        if self.normalize:
            x, y = (torch.nn.functional.normalize(item, dim=self.axis) for item in (x, y))
        return (x * y).sum(self.axis)
