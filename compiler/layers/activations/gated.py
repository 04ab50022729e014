"""Activations whose one half opens and closes the other."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.arguments import AXIS, argument
from netc.compiler.ir import Value
from netc.compiler.layers.base import Layer, LayerBuilder, Sample, ShapeError, Wrong, layer, require_floats
from netc.compiler.layers.reshaping.split import equal_parts


def _errors(word: str) -> tuple[Wrong, ...]:
    return (
        Wrong(word, "7", code="E301", says=f"{word} halves an axis of size 7"),
        Wrong(word, "int 8", code="E302", says=f"{word} works on floating-point numbers, found int64"),
        Wrong(f"{word}(axis=2)", "8", code="E303", says="axis 2 of a value with 1 axis"),
    )


def _samples(word: str) -> tuple[Sample, ...]:
    return (
        Sample(word, "8", out="4"),
        Sample(f"{word}(axis=0)", "6x3x3", out="3x3x3"),
        Sample(word, "[T, 8]", out="[T, 4]"),
    )


class Gated(Layer):
    """Two halves of one axis."""

    axis: int = argument(AXIS, "the axis that is halved", default=-1)

    def build(self, b: LayerBuilder, x: Value) -> Value:
        require_floats(self.word, x)
        axis = b.axis(x, self.axis)
        sizes = equal_parts(x.shape[axis], 2)
        if sizes is None:
            raise ShapeError(f"{self.word} halves an axis of size {x.shape[axis]}", help="give it an even size")
        first, second = b.add("Split", (x,), {"axis": axis, "sizes": sizes})
        return self.of(b, first, second)

    def of(self, b: LayerBuilder, first: Value, second: Value) -> Value:
        """What becomes of the halves."""
        raise AssertionError("a gated activation declares `of`")


@layer("glu")
class Glu(Gated):
    """y = a * sigmoid(b) with a and b the halves of x along an axis, the last unless given (Dauphin et al. 2016).

    The axis is half as long afterwards (arXiv:1612.08083).
    """

    also = ("GLU(dim)",)

    samples, errors = _samples("glu"), _errors("glu")

    def of(self, b: LayerBuilder, first: Value, second: Value) -> Value:
        return b.Mul(first, b.Sigmoid(second))

    def formula(self, torch: Any, x: Any) -> Any:
        return torch.nn.functional.glu(x, self.axis)


@layer("swiglu")
class SwiGlu(Gated):
    """y = silu(a) * b with a and b the halves of x along an axis, the last unless given (Shazeer 2020).

    The axis is half as long afterwards (arXiv:2002.05202): `dense(2 * width) -> swiglu -> dense(model)`.
    """

    samples, errors = _samples("swiglu"), _errors("swiglu")

    def of(self, b: LayerBuilder, first: Value, second: Value) -> Value:
        return b.Mul(b.Mul(first, b.Sigmoid(first)), second)

    def formula(self, torch: Any, x: Any) -> Any:
        first, second = x.chunk(2, self.axis)
        return torch.nn.functional.silu(first) * second
