"""Merges: several values become one. `add`, `mul`, `concat`."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.arguments import AXIS, argument
from netc.compiler.ir import Value, format_shape, is_batched
from netc.compiler.layers.base import (
    MANY,
    Layer,
    LayerBuilder,
    Sample,
    ShapeError,
    Wrong,
    language_shape,
    layer,
    require_numbers,
)
from netc.compiler.layers.merge_shapes import (
    as_gate,
    check_broadcast,
    check_equal,
    check_types,
    differences,
    rank_help,
    say,
    size_help,
)


@layer("add")
class Add(Layer):
    """The sum of two values or more of equal shape: `add(skip)` is x + skip (He et al. 2015, arXiv:1512.03385).

    For a sum that broadcasts write `a + b`.
    """

    also = ("plus", "residual")

    inputs = (2, MANY)

    samples = (
        Sample("add(b)", "3x4", "3x4"),
        Sample("add(b, c)", "4x5", "4x5", "4x5"),
        Sample("add(b)", "[3, H, W]", "[3, H, W]"),
        Sample("add(b)", "int 5", "int 5"),
    )
    errors = (
        Wrong("add(b)", "4", "5", code="E301", says=("add needs equal shapes", "4 + 5: features differ")),
        Wrong("add(b)", "4x3", "5x3", code="E301", says=("add needs equal shapes", "4x3 + 5x3: length differs")),
        Wrong("add(b)", "4x3", "4", code="E301", says=("add needs equal shapes", "4x3 + 4: 2 and 1 axis")),
        Wrong(
            "add(b)",
            "64x14x14",
            "32x28x28",
            code="E301",
            says=(
                "64x14x14 + 32x28x28: channels, height and width differ",
                "project the b first: add(b -> conv(64, 1x1, stride=2))",
            ),
        ),
        Wrong("add(b)", "8x6x6", "4x3x3", code="E301", says="project the first value with conv(4, 1x1, stride=2)"),
        Wrong("add(b)", "64x14x14", "64x20x14", code="E301", says="keep the sizes equal with `pad=same`"),
        Wrong("add(b)", "4", "int 4", code="E302", says="add needs one type, found float32 and int64"),
        Wrong("add(b)", "bool 4", "bool 4", code="E302", says=("add works on numbers, found bool", "multiply by 1.0")),
    )

    def build(self, b: LayerBuilder, *x: Value) -> Value:
        check_equal("add", x)
        require_numbers("add", *x)
        total = x[0]
        for item in x[1:]:
            total = b.Add(total, item)
        return total

    def formula(self, torch: Any, *x: Any) -> Any:
        return torch.stack(x).sum(0)


@layer("mul")
class Mul(Layer):
    """The product of two values or more, element by element: `mul(gate)`.

    Shapes are equal, or a size of 1 is repeated along its axis; a vector `[C]` gates the channels of a map
    `[C, H, W]` (Hu et al. 2017, arXiv:1709.01507).
    """

    also = ("multiply", "times")

    inputs = (2, MANY)

    samples = (
        Sample("mul(b)", "4x5", "4x5"),
        Sample("mul(b)", "4x5x6", "4"),
        Sample("mul(b)", "4", "4x5x6", out="4x5x6"),
        Sample("mul(b)", "3x4x1", "3x1x5", out="3x4x5"),
        Sample("mul(b, c)", "4x5x6", "4x1x1", "1x5x6"),
        Sample("mul(b)", "[4, H, W]", "4", out="4xHxW"),
    )
    errors = (
        Wrong("mul(b)", "4x3", "4", code="E301", says=("mul needs shapes that fit together", "4x3 * 4: 2 and 1 axis")),
        Wrong(
            "mul(b)",
            "4x3x3",
            "5",
            code="E301",
            says=("mul needs shapes that fit together", "4x3x3 * 5x1x1: channels differ"),
        ),
        Wrong("mul(b)", "4", "int 4", code="E302", says="mul needs one type, found float32 and int64"),
        Wrong("mul(b)", "bool 4", "bool 4", code="E302", says=("mul works on numbers, found bool", "multiply by 1.0")),
    )

    def build(self, b: LayerBuilder, *x: Value) -> Value:
        check_types("mul", x)
        require_numbers("mul", *x)
        rank = max(len(language_shape(item)) for item in x)
        if rank >= 3:
            x = tuple(as_gate(b, item, rank) for item in x)
        total = x[0]
        for at, item in enumerate(x[1:], 1):
            check_broadcast(language_shape(total), language_shape(item), at)
            total = b.Mul(total, item)
        return total

    def formula(self, torch: Any, *x: Any) -> Any:
        rank = max(item.ndim for item in x)
        gates = [item[(...,) + (None,) * (rank - 1)] if item.ndim == 1 and rank > 2 else item for item in x]
        return torch.stack(torch.broadcast_tensors(*gates)).prod(0)


@layer("concat")
class Concat(Layer):
    """Joins two values or more along one axis, channels unless given: `[a, H, W]`, `[b, H, W]` -> `[a + b, H, W]`."""

    also = ("cat", "concatenate", "merge", "join")

    inputs = (2, MANY)
    axis: int = argument(AXIS, "the axis along which sizes add up", default=0)

    samples = (
        Sample("concat(b)", "4x5", "7x5", out="11x5"),
        Sample("concat(b, c, axis=-1)", "4x5", "4x7", "4x1", out="4x13"),
        Sample("concat(b, axis=1)", "2x3x4", "2x1x4", out="2x4x4"),
        Sample("concat(b)", "[3, H, W]", "[1, H, W]", out="4xHxW"),
        Sample("concat(b)", "int 5", "int 3", out="8"),
    )
    errors = (
        Wrong(
            "concat(b)",
            "4x3x3",
            "4x3x2",
            code="E301",
            says=("concat needs equal shapes except along axis 0", "4x3x3 with 4x3x2: width differs"),
        ),
        Wrong("concat(b, axis=2)", "4x3", "4x3", code="E303", says="axis 2 of a value with 2 axes"),
        Wrong("concat(b)", "4", "int 4", code="E302", says="concat needs one type, found float32 and int64"),
    )

    def build(self, b: LayerBuilder, *x: Value) -> Value:
        check_types("concat", x)
        b.axis(x[0], self.axis)
        first = language_shape(x[0])
        joined = self.axis % len(first)
        for at, item in enumerate(x[1:], 1):
            shape = language_shape(item)
            differ = differences(first, shape)
            if differ is None or set(differ) - {joined}:
                rest = differ and [axis for axis in differ if axis != joined]
                raise ShapeError(
                    f"concat needs equal shapes except along axis {joined}",
                    at=at,
                    label=f"{format_shape(first)} with {format_shape(shape)}: {say(first, shape, rest)}",
                    help=rank_help(x[0], item) or size_help(first, rest),
                )
        if any(map(is_batched, x)):
            x = tuple(map(b.batched, x))
        return b.Concat(*x, axis=b.axis(x[0], self.axis))

    def formula(self, torch: Any, *x: Any) -> Any:
        return torch.cat(x, self.axis)
