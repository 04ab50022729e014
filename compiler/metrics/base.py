"""What a metric declares: what adds up over batches, and the figure that is made of the sums."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from netc.compiler.declare.declared import Declared, Registry
from netc.compiler.declare.samples import Pair, Wrong
from netc.compiler.ir import Builder, Value
from netc.compiler.losses.base import Measured
from netc.compiler.losses.mean import mean, total, weighted

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

Figure = float | list[Any]
"""What a metric comes to: a number; of several, a list of them, or a list of lists."""


class Metric(Measured, Declared):
    """Base of every metric. A bare one takes the first loss's pair.

    `higher_is_better` says which epoch is the best, and has no default.

    rows     its parts don't add up: they are kept, one below the other, and only held-out data is measured
    samples  at least two `Pair`s, which call the places by their names: `Pair("accuracy(prediction, target)", "7")`
    errors   at least one `Wrong` call, where it has arguments
    """

    higher_is_better: ClassVar[bool]
    rows: ClassVar[bool] = False
    samples: ClassVar[tuple[Pair, ...]] = ()
    errors: ClassVar[tuple[Wrong, ...]] = ()

    @property
    def single(self) -> bool:
        """Whether it is one figure, which can say which epoch is the best."""
        return True

    def tally(self, g: Builder, *given: Value, mask: Value | None = None) -> dict[str, Value]:
        """What a batch adds, float32 tensors by name; `given` stand in the places, in order."""
        raise AssertionError("a metric declares tally, or each")

    def figure(self, sums: Mapping[str, Array]) -> Figure:
        """The figure from the sums over all batches, in float64 (with `rows`, from all of them)."""
        raise AssertionError("a metric declares figure")

    def formula(self, torch: Any, *given: Any) -> Any:
        """The metric of a batch in PyTorch's functions, from tensors in float64 (labels in int64), the batch as axis 0.

        Apart from `tally` and `figure`, which the tests compare with it. A list where it is several figures.
        """
        raise AssertionError("a metric declares formula")


class Mean(Metric):
    """A metric that is a mean over positions."""

    def each(self, g: Builder, *given: Value) -> Value:
        """The figure of every position, or of every element there."""
        raise AssertionError("a mean declares each")

    def counts(self, g: Builder, *given: Value) -> Value | None:
        """How much each position counts, where they don't count alike; `each` has it as a factor."""
        return None

    def whole(self, g: Builder, *given: Value, mask: Value | None = None) -> Value | None:
        """The figure itself, where it is that of an epoch when batches are weighed by their rows; else None."""
        if mask is not None or self.counts(g, *given) is not None or type(self).figure is not Mean.figure:
            return None
        return mean(g, self.each(g, *given))

    def tally(self, g: Builder, *given: Value, mask: Value | None = None) -> dict[str, Value]:
        """The sum, and how much it is the sum of."""
        numbers, counts = weighted(g, self.each(g, *given), self.counts(g, *given), mask, self.positions(*given))
        return {"total": total(g, numbers), "count": total(g, counts)}

    def figure(self, sums: Mapping[str, Array]) -> Figure:
        """The mean; 0 where nothing counts."""
        count = float(sums["count"])
        return float(sums["total"]) / count if count else 0.0


metric = Registry[Metric](
    "metric",
    __package__,
    samples=2,
    errors=1,
    declares=("target | targets", "tally", "figure", "formula", "higher_is_better"),
)
"""Decorator that registers a metric: `@metric("word")`; `metric.all()` gives every one by its word."""
