"""Merges element by element whose shapes broadcast: `sub`, `div`, `maximum`, `minimum`, `average`."""

from __future__ import annotations

from typing import Any

from netc.compiler.ir import Value
from netc.compiler.layers.base import (
    MANY,
    Layer,
    LayerBuilder,
    Sample,
    Wrong,
    layer,
    require_floats,
    require_numbers,
)
from netc.compiler.layers.broadcast import together
from netc.compiler.layers.merge_shapes import check_types


def _errors(word: str) -> tuple[Wrong, ...]:
    return (
        Wrong(f"{word}(b)", "4x3", "5x3", code="E301", says=f"{word} cannot broadcast 4x3 and 5x3"),
        Wrong(f"{word}(b)", "4", "int 4", code="E302", says=f"{word} needs one type, found float32 and int64"),
    )


class Broadcasting(Layer):
    """Two values or more of one type; aligned at the last axis, sizes are equal or one of them is 1."""

    inputs = (2, MANY)

    def build(self, b: LayerBuilder, *x: Value) -> Value:
        check_types(self.word, x)
        require_numbers(self.word, *x)
        total, *rest = together(b, self.word, *x)
        for item in rest:
            total = self.of(b, total, item)
        return total

    def of(self, b: LayerBuilder, x: Value, y: Value) -> Value:
        """What two values make."""
        raise AssertionError("a broadcasting merge declares `of`")


@layer("sub")
class Sub(Broadcasting):
    """x - b, element by element: the flowing value less the other one; also `x - b`. Shapes broadcast."""

    also = ("subtract",)

    inputs = (2, 2)
    samples = (Sample("sub(b)", "4x5", "4x5"), Sample("sub(b)", "4x5", "5"), Sample("sub(b)", "int 5", "int 5"))
    errors = _errors("sub")

    def of(self, b: LayerBuilder, x: Value, y: Value) -> Value:
        return b.Sub(x, y)

    def formula(self, torch: Any, x: Any, y: Any) -> Any:
        return x - y


@layer("div")
class Div(Broadcasting):
    """x / b, element by element: the flowing value by the other one; also `x / b`. Shapes broadcast."""

    also = ("divide",)

    inputs = (2, 2)
    samples = (
        Sample("div(b)", "4x5", "4x5", values=(0.5, 3)),
        Sample("div(b)", "4x5", "4x1", values=(-3, -0.5)),
        Sample("div(b)", "[T, 2]", "2", values=(0.5, 3)),
    )
    errors = (
        *_errors("div"),
        Wrong("div(b)", "int 4", "int 4", code="E302", says="div works on floating-point numbers, found int64"),
    )

    def of(self, b: LayerBuilder, x: Value, y: Value) -> Value:
        require_floats("div", x)
        return b.Div(x, y)

    def formula(self, torch: Any, x: Any, y: Any) -> Any:
        return x / y


@layer("maximum")
class Maximum(Broadcasting):
    """The largest of two values or more, element by element; equal ones share the gradient. Shapes broadcast."""

    samples = (
        Sample("maximum(b)", "4x5", "4x5"),
        Sample("maximum(b, c)", "4x5", "5", "4x1"),
        Sample("maximum(b)", "int 5", "int 5"),
    )
    errors = _errors("maximum")

    def of(self, b: LayerBuilder, x: Value, y: Value) -> Value:
        return b.Max(x, y)

    def formula(self, torch: Any, *x: Any) -> Any:
        return _folded(torch.maximum, x)


@layer("minimum")
class Minimum(Broadcasting):
    """The smallest of two values or more, element by element; equal ones share the gradient. Shapes broadcast."""

    samples = (
        Sample("minimum(b)", "4x5", "4x5"),
        Sample("minimum(b, c)", "4x5", "5", "4x1"),
        Sample("minimum(b)", "int 5", "int 5"),
    )
    errors = _errors("minimum")

    def of(self, b: LayerBuilder, x: Value, y: Value) -> Value:
        return b.Min(x, y)

    def formula(self, torch: Any, *x: Any) -> Any:
        return _folded(torch.minimum, x)


@layer("average")
class Average(Broadcasting):
    """The mean of two values or more, element by element. Shapes broadcast."""

    also = ("averaging",)

    samples = (Sample("average(b)", "4x5", "4x5"), Sample("average(b, c)", "4x5", "5", "4x1"),
               Sample("average(b)", "[T, 2]", "[T, 2]"))  # fmt: skip
    errors = (
        *_errors("average"),
        Wrong("average(b)", "int 4", "int 4", code="E302", says="average works on floating-point numbers, found int64"),
    )

    def build(self, b: LayerBuilder, *x: Value) -> Value:
        check_types("average", x)
        require_floats("average", x[0])
        return b.Mul(super().build(b, *x), 1.0 / len(x))

    def of(self, b: LayerBuilder, x: Value, y: Value) -> Value:
        return b.Add(x, y)

    def formula(self, torch: Any, *x: Any) -> Any:
        return torch.stack(torch.broadcast_tensors(*x)).mean(0)


def _folded(of: Any, x: tuple[Any, ...]) -> Any:
    total = x[0]
    for item in x[1:]:
        total = of(total, item)
    return total
