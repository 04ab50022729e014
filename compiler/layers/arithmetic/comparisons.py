"""Comparisons, truth values and what is chosen by them."""

from __future__ import annotations

from typing import Any, ClassVar

from netc.compiler.declare.arguments import Optional_, Real, argument
from netc.compiler.ir import DType, Value
from netc.compiler.layers.base import Layer, LayerBuilder, Sample, ShapeError, Wrong, layer, require_numbers
from netc.compiler.layers.broadcast import together
from netc.compiler.layers.merge_shapes import check_types


class Comparison(Layer):
    """Of the flowing value with another one, or with a number."""

    inputs = (1, 2)
    operator: ClassVar[str]
    torch_name: ClassVar[str]
    than: float | None = argument(Optional_(Real()), "a number to compare with, in the place of a tensor", default=None)

    def build(self, b: LayerBuilder, *x: Value) -> Value:
        if (len(x) == 2) is (self.than is not None):
            raise ShapeError(
                f"{self.word} needs one thing to compare with",
                help=f"give a tensor, `{self.word}(b)`, or a number, `{self.word}(than=0)`",
            )
        require_numbers(self.word, x[0], does="compares numbers")
        if self.than is None:
            check_types(self.word, x)
            return self.of(b, *together(b, self.word, *x))
        if x[0].dtype is not DType.FLOAT32 and not self.than.is_integer():
            raise ShapeError(
                f"whole numbers are compared with whole ones, found {self.than:g}",
                argument="than",
                help="multiply by 1.0 first, or compare with a whole number",
                code="E302",
            )
        return self.of(b, x[0], b.constant(self.than if x[0].dtype is DType.FLOAT32 else int(self.than), x[0].dtype))

    def of(self, b: LayerBuilder, x: Value, y: Value) -> Value:
        """The comparison of two tensors of one type that broadcast."""
        (found,) = b.add(self.operator, (x, y), {})
        return found

    def formula(self, torch: Any, x: Any, y: Any = None) -> Any:
        return getattr(torch, self.torch_name)(x, self.than if y is None else y)


def _samples(word: str) -> tuple[Sample, ...]:
    return (
        Sample(f"{word}(b)", "4x5", "4x5"),
        Sample(f"{word}(than=0.5)", "[T, 3]"),
        Sample(f"{word}(b)", "int 6", "int 6", values=(0, 3)),
        Sample(f"{word}(than=2)", "int 6", values=(0, 4)),
        Sample(f"{word}(b)", "4x5", "5"),
    )


def _errors(word: str) -> tuple[Wrong, ...]:
    return (
        Wrong(word, "4", code="E301", says=f"{word} needs one thing to compare with"),
        Wrong(f"{word}(b)", "4", "5", code="E301", says=f"{word} cannot broadcast 4 and 5"),
        Wrong(f"{word}(b)", "4", "int 4", code="E302", says=f"{word} needs one type, found float32 and int64"),
        Wrong(f"{word}(than=0.5)", "int 4", code="E302", says="whole numbers are compared with whole ones, found 0.5"),
    )


@layer("greater")
class Greater(Comparison):
    """Whether x > b, or x > `than`, element by element; shapes broadcast. No gradient flows."""

    also = ("gt",)

    operator, torch_name = "Greater", "gt"
    samples, errors = _samples("greater"), _errors("greater")


@layer("greater_equal")
class GreaterEqual(Comparison):
    """Whether x >= b, or x >= `than`, element by element; shapes broadcast. No gradient flows."""

    also = ("ge",)

    operator, torch_name = "GreaterOrEqual", "ge"
    samples, errors = _samples("greater_equal"), _errors("greater_equal")


@layer("less")
class Less(Comparison):
    """Whether x < b, or x < `than`, element by element; shapes broadcast. No gradient flows."""

    also = ("lt",)

    operator, torch_name = "Less", "lt"
    samples, errors = _samples("less"), _errors("less")


@layer("less_equal")
class LessEqual(Comparison):
    """Whether x <= b, or x <= `than`, element by element; shapes broadcast. No gradient flows."""

    also = ("le",)

    operator, torch_name = "LessOrEqual", "le"
    samples, errors = _samples("less_equal"), _errors("less_equal")


@layer("equal")
class Equal(Comparison):
    """Whether x = b, or x = `than`, element by element; shapes broadcast. No gradient flows."""

    also = ("eq",)

    operator, torch_name = "Equal", "eq"
    samples, errors = _samples("equal"), _errors("equal")


@layer("not_equal")
class NotEqual(Comparison):
    """Whether x differs from b, or from `than`, element by element; shapes broadcast. No gradient flows."""

    also = ("ne",)

    operator, torch_name = "Equal", "ne"
    samples, errors = _samples("not_equal"), _errors("not_equal")

    def of(self, b: LayerBuilder, x: Value, y: Value) -> Value:
        return b.Not(b.Equal(x, y))


@layer("where")
class Where(Layer):
    """`condition -> where(a, b)`: a where the condition holds, else b; shapes broadcast.

    The condition is what a comparison gives; whole numbers hold where they are not 0.
    """

    inputs = (3, 3)

    samples = (
        Sample("where(b, c)", "int 4x5", "4x5", "4x5", out="4x5", values=(0, 2)),
        Sample("where(b, c)", "int 5", "4x5", "4x1", out="4x5", values=(0, 2)),
        Sample("where(b, c)", "int [T, 3]", "[T, 3]", "3", out="[T, 3]", values=(0, 2)),
    )
    errors = (
        Wrong("where(b, c)", "4", "4", "4", code="E302", says="where needs a condition such as `x -> greater(than=0)`"),
        Wrong("where(b, c)", "int 4", "4", "int 4", code="E302", says="where needs one type, found float32 and int64"),
        Wrong("where(b, c)", "int 4", "4", "5", code="E301", says="where cannot broadcast 4 and 5"),
    )

    def build(self, b: LayerBuilder, *x: Value) -> Value:
        condition, chosen, other = x
        if condition.dtype is DType.FLOAT32:
            raise ShapeError(
                "where needs a condition such as `x -> greater(than=0)`, found floating-point numbers",
                help="compare first, as in `x -> greater(than=0)`",
                code="E302",
            )
        check_types("where", (chosen, other))
        if condition.dtype is not DType.BOOL:
            condition = b.Cast(condition, to=DType.BOOL)
        condition, chosen, other = together(b, "where", condition, chosen, other)
        if chosen.dtype is DType.BOOL:  # which ONNX Runtime's Where doesn't take
            return b.Or(b.And(condition, chosen), b.And(b.Not(condition), other))
        return b.Where(condition, chosen, other)

    def formula(self, torch: Any, condition: Any, chosen: Any, other: Any) -> Any:
        return torch.where(condition != 0, chosen, other)
