"""An axis cut into parts."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.also import Also
from netc.compiler.declare.arguments import AXIS, argument
from netc.compiler.declare.axes import Parts
from netc.compiler.ir import Size, Value
from netc.compiler.layers.base import Layer, LayerBuilder, Sample, ShapeError, Wrong, layer
from netc.grammar.counted import counted


@layer("split")
class Split(Layer):
    """Cuts one axis, the last unless given, into equal parts or into parts of given sizes; a list flows on.

    `q, k, v = dense(3 * width) -> split(3)`, `split([2, 4], axis=0)`. A number says how many parts, as Keras and numpy
    have it; PyTorch's `split` takes the size of a part, its `chunk` their number. `concat` joins the first axis unless
    given: the channels of maps are cut and joined again by `split(n, axis=0) -> concat`.
    """

    also = (
        Also("unbind", note="it takes the axis away: `split(n, axis=0)` leaves it with size 1, `squeeze(0)` takes it"),
        Also("unstack", note="it takes the axis away: `split(n, axis=0)` leaves it with size 1, `squeeze(0)` takes it"),
        Also("chunk", note="its axis is the first unless given"),
    )

    parts: int | tuple[int, ...] = argument(Parts(), "how many equal parts, or the size of each")
    axis: int = argument(AXIS, "the axis that is cut", default=-1)

    samples = (
        Sample("split(2)", "8", out=("4", "4")),
        Sample("split([1, 3, 2], axis=0)", "6x3", out=("1x3", "3x3", "2x3")),
        Sample("split(parts=3)", "[T, 6]", out=("[T, 2]", "[T, 2]", "[T, 2]")),
        Sample("split(2, axis=1)", "int 3x4", out=("3x2", "3x2")),
        Sample("split(1)", "5", out=("5",)),
    )
    errors = (
        Wrong("split(3)", "8", code="E301", says="no 3 equal parts of an axis of size 8"),
        Wrong("split([3, 4])", "8", code="E301", says="parts of 3 + 4 elements of an axis of size 8"),
        Wrong("split(0)", "8", code="E224", says="a number of parts or a list of sizes, found 0"),
        Wrong("split(2, axis=1)", "8", code="E303", says="axis 1 of a value with 1 axis"),
    )

    def build(self, b: LayerBuilder, x: Value) -> tuple[Value, ...]:
        axis = b.axis(x, self.axis)
        size = x.shape[axis]
        if isinstance(self.parts, int):
            sizes = equal_parts(size, self.parts)
            if sizes is None:
                raise ShapeError(f"no {counted(self.parts, 'equal part')} of an axis of size {size}", argument="parts")
        else:
            sizes = self.parts
            if sum(sizes) != size:
                given = " + ".join(map(str, sizes))
                raise ShapeError(f"parts of {counted(given, 'element')} of an axis of size {size}", argument="parts")
        return b.add("Split", (x,), {"axis": axis, "sizes": sizes})

    def formula(self, torch: Any, x: Any) -> Any:
        if isinstance(self.parts, int):
            return tuple(torch.chunk(x, self.parts, self.axis))
        return tuple(torch.split(x, self.parts, self.axis))


def equal_parts(size: Size, parts: int) -> tuple[Size, ...] | None:
    """The sizes of so many equal parts; None where there are none, or it isn't known."""
    return (size // parts,) * parts if size % parts == 0 else None
