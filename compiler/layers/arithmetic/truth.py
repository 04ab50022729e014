"""Truth values, as comparisons give them, put together."""

from __future__ import annotations

from typing import Any, ClassVar

from netc.compiler.ir import DType, Value
from netc.compiler.layers.base import MANY, Layer, LayerBuilder, Sample, ShapeError, Wrong, layer
from netc.compiler.layers.broadcast import together


def as_truth(b: LayerBuilder, word: str, x: Value, at: int) -> Value:
    """Truth values as they are; of whole numbers 0 is false; raises ShapeError E302."""
    if x.dtype is DType.FLOAT32:
        raise ShapeError(
            f"{word} works on truth values, found floating-point numbers",
            at=at,
            help="compare first, as in `x -> greater(than=0)`",
            code="E302",
        )
    return x if x.dtype is DType.BOOL else b.Cast(x, to=DType.BOOL)


class Connective(Layer):
    """Two values or more, which broadcast."""

    inputs = (2, MANY)
    operator: ClassVar[str]
    torch_name: ClassVar[str]

    def build(self, b: LayerBuilder, *x: Value) -> Value:
        total, *rest = together(b, self.word, *(as_truth(b, self.word, item, at) for at, item in enumerate(x)))
        for item in rest:
            (total,) = b.add(self.operator, (total, item), {})
        return total

    def formula(self, torch: Any, *x: Any) -> Any:
        total, *rest = x
        for item in rest:
            total = getattr(torch, self.torch_name)(total, item)
        return total


def _samples(word: str) -> tuple[Sample, ...]:
    return (
        Sample(f"{word}(b)", "int 4x5", "int 4x5", values=(0, 2)),
        Sample(f"{word}(b, c)", "int 4x5", "int 5", "int 4x1", values=(0, 2)),
        Sample(f"{word}(b)", "int [T, 3]", "int 3", values=(0, 2)),
    )


def _errors(word: str) -> tuple[Wrong, ...]:
    return (
        Wrong(f"{word}(b)", "4", "int 4", code="E302", says=f"{word} works on truth values"),
        Wrong(f"{word}(b)", "int 4", "int 5", code="E301", says=f"{word} cannot broadcast 4 and 5"),
    )


@layer("logical_and")
class LogicalAnd(Connective):
    """Whether all of two values or more hold, element by element; shapes broadcast. Whole numbers hold but for 0."""

    operator, torch_name = "And", "logical_and"
    samples, errors = _samples("logical_and"), _errors("logical_and")


@layer("logical_or")
class LogicalOr(Connective):
    """Whether one of two values or more holds, element by element; shapes broadcast. Whole numbers hold but for 0."""

    operator, torch_name = "Or", "logical_or"
    samples, errors = _samples("logical_or"), _errors("logical_or")


@layer("logical_not")
class LogicalNot(Layer):
    """Whether x does not hold, element by element. Whole numbers hold but for 0."""

    samples = (
        Sample("logical_not", "int 4x5", values=(0, 2)),
        Sample("logical_not", "int", values=(0, 2)),
        Sample("logical_not", "int [T, 3]", values=(0, 2)),
    )
    errors = (Wrong("logical_not", "4", code="E302", says="logical_not works on truth values"),)

    def build(self, b: LayerBuilder, x: Value) -> Value:
        return b.Not(as_truth(b, "logical_not", x, 0))

    def formula(self, torch: Any, x: Any) -> Any:
        return torch.logical_not(x)
