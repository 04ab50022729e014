"""What a loss declares: what it compares, and its value as a graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from netc.compiler.artifact import LabelRowForm
from netc.compiler.declare.declared import Declared, Registry
from netc.compiler.declare.samples import Pair, Wrong
from netc.compiler.ir import Builder, DType, Shape, Size, Value
from netc.compiler.ir.dims import Dim
from netc.compiler.losses.mean import positions_of, total, weighted, weighted_mean

ANY = Dim.symbol("any")
"""A size of a target that the data decides: each field has its own."""


@dataclass(frozen=True, slots=True)
class LabelRow:
    """What a row of labels is, of any number of them: which class is none of them, and what stands behind the last.

    steps  how many steps of each prediction say them, where fewer than they need make the loss infinite
    """

    blank: int
    end: int
    steps: tuple[Size, ...] = ()

    def to_json(self) -> LabelRowForm:
        """As a manifest holds it: one number of steps as it is, several as a list."""
        row: LabelRowForm = {"blank": self.blank, "end": self.end}
        steps = [size if isinstance(size, int) else str(size) for size in self.steps]
        if steps:
            row["steps"] = steps[0] if len(steps) == 1 else steps
        return row


@dataclass(frozen=True, slots=True)
class TargetSpec:
    """What the data must supply: element type, shape `[N, …]`, perhaps with ANY, and for class labels their number.

    ignored  a label that counts for nothing, which may lie outside the classes
    between  the smallest and the largest number that has a meaning, both included; infinity for none
    row      for class labels that are a row of any length
    """

    dtype: DType
    shape: Shape
    classes: int | None = None
    ignored: int | None = None
    between: tuple[float, float] | None = None
    row: LabelRow | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a call: a value of the net; where it takes `data`, also a field of the data or a number."""

    name: str
    data: bool = False


PAIR = (Place("prediction"), Place("target", data=True))
"""The places of most losses and metrics."""


class Measured:
    """What losses and metrics have in common.

    places    what stands in their parentheses, in order, before the arguments
    maskable  whether they are means over positions, which `mask=` weights
    """

    places: ClassVar[tuple[Place, ...]] = PAIR
    maskable: ClassVar[bool] = True

    def target(self, prediction: Value) -> TargetSpec:
        """The target that goes with a prediction; raises ShapeError where the prediction does not fit."""
        raise AssertionError("a measure of a pair declares target, another one targets")

    def targets(self, *values: Value) -> tuple[TargetSpec, ...]:
        """What stands in the places for data, where `values` stand in the others; raises ShapeError."""
        return (self.target(*values),)

    def positions(self, *values: Value) -> Shape:
        """The shape of a mask: examples, and the positions of a sequence or a map; the first of the values has them."""
        return positions_of(values[0])

    @property
    def by_element(self) -> bool:
        """Whether each element of the first value is measured, so that a mask may be as large as that value."""
        return False


class Loss(Measured, Declared):
    """Base of every loss. Called in a train section as `word(prediction, target, arguments by name)`.

    samples  at least two `Pair`s, which call the places by their names: `Pair("mse(prediction, target)", "3x4")`
    errors   at least one `Wrong` call
    """

    samples: ClassVar[tuple[Pair, ...]] = ()
    errors: ClassVar[tuple[Wrong, ...]] = ()

    @property
    def infinite(self) -> str | None:
        """The way out where numbers that are all finite make it infinite; None where they can't."""
        return None

    def each(self, g: Builder, *given: Value) -> Value:
        """The loss of every position, or of every element there; `given` stand in the places, in order."""
        raise AssertionError("a loss declares each or build")

    def counts(self, g: Builder, *given: Value) -> Value | None:
        """How much each position counts in the mean, where they don't count alike; `each` has it as a factor."""
        return None

    def build(self, g: Builder, *given: Value, mask: Value | None = None) -> Value:
        """The loss as a scalar: the mean over the batch, weighted where positions count differently."""
        return weighted_mean(g, self.each(g, *given), self.counts(g, *given), mask, self.positions(*given))

    def sums(self, g: Builder, *given: Value, mask: Value | None = None) -> tuple[Value, Value] | None:
        """What the loss is the quotient of, where positions count differently; None where batches weigh by rows."""
        counts = self.counts(g, *given)
        if counts is None and mask is None:
            return None
        numbers, weights = weighted(g, self.each(g, *given), counts, mask, self.positions(*given))
        return total(g, numbers), total(g, weights)

    def formula(self, torch: Any, *given: Any) -> Any:
        """The loss of a batch in PyTorch's functions, from tensors in float64 (labels in int64), the batch as axis 0.

        Apart from `build`, which the tests compare with it: its values, and its gradient with this one's slopes.
        """
        raise AssertionError("a loss declares formula")


loss = Registry[Loss](
    "loss",
    __package__,
    plural="losses",
    samples=2,
    errors=1,
    declares=("target | targets", "each | build", "formula"),
)
"""Decorator that registers a loss: `@loss("word")`; `loss.all()` gives every one by its word."""
