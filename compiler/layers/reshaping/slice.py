"""A part of an axis."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.also import Also
from netc.compiler.declare.arguments import AXIS, Integer, Optional_, argument
from netc.compiler.declare.axes import Index
from netc.compiler.ir import Dim, Size, Value
from netc.compiler.layers.base import Layer, LayerBuilder, Sample, ShapeError, Wrong, layer
from netc.compiler.ops.checks import surely_less


@layer("slice")
class Slice(Layer):
    """Elements `start` to `stop`, the end excluded, of one axis, every `step`-th: `slice(0, 10)`, `slice(-1, axis=1)`.

    As in Python a negative number counts from the end. The axis stays, also with one element left. Unlike in Python,
    a start or stop past the end is an error. Open sizes may stand there, `slice(0, T)`: that they lie on the axis is
    assumed, and a run in which they don't ends with an error.
    """

    also = (Also("narrow", note="it takes axis, start and length: `slice(start, start + length, axis=1)`"),)

    start: Size = argument(Index(), "the first element")
    stop: Size | None = argument(Optional_(Index()), "the element after the last; the end unless given", default=None)
    axis: int = argument(AXIS, "the axis", default=0)
    step: int = argument(Integer(1), "the distance of the elements", default=1)

    samples = (
        Sample("slice(2, 7)", "10x4", out="5x4"),
        Sample("slice(-3)", "10x4", out="3x4"),
        Sample("slice(1, -1, axis=1)", "10x4", out="10x2"),
        Sample("slice(0, step=3)", "10x4", out="4x4"),
        Sample("slice(-7, -1, axis=-2, step=2)", "3x9x8", out="3x3x8"),
        Sample("slice(1)", "[H, 3]", out="[H - 1, 3]"),
        Sample("slice(1)", "int 5", out="4"),
    )
    errors = (
        Wrong("slice(10)", "10", code="E301", says="start 10 of an axis of size 10"),
        Wrong("slice(-11)", "10", code="E301", says="start -11 of an axis of size 10"),
        Wrong("slice(2, 11)", "10", code="E301", says="stop 11 of an axis of size 10"),
        Wrong("slice(5, 5)", "10", code="E301", says="no element lies between 5 and 5 on an axis of size 10"),
        Wrong("slice(0, step=0)", "10", code="E224", says="a positive whole number, found 0"),
    )

    def build(self, b: LayerBuilder, x: Value) -> Value:
        axis = b.axis(x, self.axis)
        size = x.shape[axis]
        start, stop = _from_start(self.start, size), _from_start(size if self.stop is None else self.stop, size)
        for argument_name, given, limit in (("start", start, size - 1), ("stop", stop, size)):
            if surely_less(limit, given) or surely_less(given, 0):
                written = self.start if argument_name == "start" else self.stop
                raise ShapeError(f"{argument_name} {written} of an axis of size {size}", argument=argument_name)
        if surely_less(stop, start + 1):
            raise ShapeError(f"no element lies between {self.start} and {self.stop} on an axis of size {size}")
        y = b.Slice(x, starts=(start,), stops=(stop,), axes=(axis,), steps=(self.step,))
        inside = surely_less(stop, size + 1) and surely_less(start, stop) and surely_less(-1, start)
        return y if inside else b.CheckedShape(y)

    def formula(self, torch: Any, x: Any) -> Any:
        assert isinstance(self.start, int)
        assert not isinstance(self.stop, Dim)
        picked = range(x.shape[self.axis])[self.start : self.stop : self.step]
        return torch.index_select(x, self.axis, torch.tensor(picked))


def _from_start(index: Size, size: Size) -> Size:
    return size + index if isinstance(index, int) and index < 0 else index
