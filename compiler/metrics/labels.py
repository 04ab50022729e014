"""What metrics of labels share: what is decided, what counts, averages over classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING, Any, ClassVar

from netc.compiler.declare.arguments import ArgumentType, Boolean, Integer, Optional_, Real, argument
from netc.compiler.ir import Builder, DType, Value, product
from netc.compiler.layers.base import constant_size
from netc.compiler.losses.base import TargetSpec
from netc.compiler.losses.classes import class_axis, label_target, number_of_classes, one_hot, yes_or_no
from netc.compiler.losses.mean import ones_like, spread
from netc.compiler.metrics.base import Figure, Metric

if TYPE_CHECKING:
    from netc.compiler.metrics.base import Array


@dataclass(frozen=True)
class Average(ArgumentType):
    """How the figures of classes become one. Converts to the word."""

    words: tuple[str, ...] = ("micro", "macro", "none")
    name = "one of `micro`, `macro`, `none`"

    def convert(self, value: Any) -> str:
        word = "none" if value is None else value
        if word not in self.words:
            raise self.refuse(value)
        return str(word)


AVERAGE = Average()


def binary_conflict(binary: bool, ignore_index: int | None) -> tuple[str, str, str] | None:
    """The finding that a yes or no has no label to ignore."""
    if binary and ignore_index is not None:
        return "ignore_index", "a yes or no has no label to ignore", "weight positions with `mask=` instead"
    return None


def counted_labels(g: Builder, labels: Value, ignored: int | None) -> Value | None:
    """1 for each label that counts, 0 for one to ignore; None where all count."""
    if ignored is None:
        return None
    return g.Cast(g.Not(g.Equal(labels, g.constant(ignored, DType.INT64))), to=DType.FLOAT32)


def decided(g: Builder, x: Value, threshold: float = 0.0) -> Value:
    """Whether each is a yes."""
    return g.Greater(x, threshold)


def flat(g: Builder, x: Value) -> Value:
    """[N, C, H, W] or [N, T, C] -> [positions, C]; a single number an example -> [N, 1]."""
    if x.rank == 1:
        return g.Reshape(x, shape=(x.shape[0], 1))
    axis = class_axis(x)
    others = [other for other in range(x.rank) if other != axis]
    last = g.Transpose(x, axes=(*others, axis))
    return g.Reshape(last, shape=(product(tuple(x.shape[at] for at in others)), number_of_labels(x)))


def number_of_labels(x: Value) -> int:
    """How many classes, or yes and noes, a prediction has."""
    return 1 if x.rank == 1 else constant_size(x.shape[class_axis(x)], "the number of classes")


def average(figures: Array, occurs: Array, how: str) -> Figure:
    """Classes together: the mean over those that occur, 0 where none does, or all of them."""
    if how == "none":
        return [float(figure) for figure in figures]
    return float(figures[occurs].mean()) if occurs.any() else 0.0


class Labels(Metric):
    """A metric of what is predicted and what is there, class by class."""

    word: ClassVar[str]
    higher_is_better = True

    binary: bool = argument(Boolean(), "whether each prediction is a yes or no of its own", default=False)
    threshold: float = argument(
        Real(0, 1, open_low=True, open_high=True), "the probability above which it is a yes", default=0.5
    )
    ignore_index: int | None = argument(Optional_(Integer()), "a label that counts for nothing", default=None)

    def conflict(self) -> tuple[str, str, str] | None:
        if self.threshold != 0.5 and not self.binary:
            return "threshold", "the highest score decides between classes", "write `binary=true`, or leave it out"
        return binary_conflict(self.binary, self.ignore_index)

    @property
    def by_element(self) -> bool:
        return True

    def target(self, prediction: Value) -> TargetSpec:
        if self.binary:
            number_of_labels(prediction)
            return yes_or_no(self.word, prediction)
        return label_target(self.word, prediction, self.ignore_index, binary=True)

    def predicted(self, g: Builder, prediction: Value) -> Value:
        """Whether each class is predicted, in the prediction's shape."""
        if self.binary:
            return decided(g, prediction, log(self.threshold / (1 - self.threshold)))
        return one_hot(g, g.ArgMax(prediction, axis=class_axis(prediction)), prediction)

    def actual(self, g: Builder, prediction: Value, target: Value) -> Value:
        """Whether each class is there, in the prediction's shape."""
        return decided(g, target, 0.5) if self.binary else one_hot(g, target, prediction)

    def weights(self, g: Builder, prediction: Value, target: Value, mask: Value | None) -> Value:
        """How much each element of the prediction counts."""
        counted = counted_labels(g, target, self.ignore_index)
        found = (
            ones_like(g, prediction) if counted is None else spread(g, counted, prediction, self.positions(prediction))
        )
        return found if mask is None else g.Mul(found, spread(g, mask, prediction, self.positions(prediction)))


class Rates(Labels):
    """A metric of how much of a class is predicted, is there, or both."""

    average: str = argument(AVERAGE, "over classes: of all counts, the mean of each, or each alone",
                            default="macro")  # fmt: skip

    @property
    def single(self) -> bool:
        return self.average != "none"

    def tally(self, g: Builder, *given: Value, mask: Value | None = None) -> dict[str, Value]:
        prediction, target = given
        found = g.Cast(self.predicted(g, prediction), to=DType.FLOAT32)
        there = g.Cast(self.actual(g, prediction, target), to=DType.FLOAT32)
        weights = self.weights(g, prediction, target, mask)
        parts = {"both": g.Mul(found, there), "predicted": found, "actual": there}
        return {name: g.ReduceSum(flat(g, g.Mul(part, weights)), axes=(0,)) for name, part in parts.items()}

    def figure(self, sums: Mapping[str, Array]) -> Figure:
        both, predicted, actual = sums["both"], sums["predicted"], sums["actual"]
        if self.average == "micro":
            both, predicted, actual = (part.sum(keepdims=True) for part in (both, predicted, actual))
        numerator, denominator = self.of(both, predicted, actual)
        figures = numerator / (denominator + (denominator == 0))
        occurs = (predicted + actual > 0) | self.binary
        return average(figures, occurs, self.average)

    def of(self, both: Array, predicted: Array, actual: Array) -> tuple[Array, Array]:
        """Numerator and denominator for each class; 0 by 0 is 0."""
        raise AssertionError("a rate says what of what it is")

    def counts_in(self, torch: Any, prediction: Any, target: Any) -> tuple[Any, Any, Any]:
        """For formulas: both, predicted and actual of each class, by comparing labels one by one."""
        axis = 1 if prediction.ndim > 3 else -1
        scores = prediction.movedim(axis, -1) if prediction.ndim > 1 else prediction[:, None]
        scores = scores.reshape(-1, scores.shape[-1])
        if self.binary:
            rows = target.movedim(axis, -1) if prediction.ndim > 1 else target[:, None]
            there, found = rows.reshape(scores.shape) > 0.5, torch.sigmoid(scores) > self.threshold
        else:
            labels, classes = target.reshape(-1), torch.arange(scores.shape[1])
            keep = labels != (self.ignore_index if self.ignore_index is not None else -1)
            there = (labels[:, None] == classes)[keep]
            found = (scores.argmax(1)[:, None] == classes)[keep]
        return tuple(rows.double().sum(0) for rows in (there & found, found, there))

    def averaged(self, torch: Any, given: tuple[Any, ...], of: Any) -> Any:
        """For formulas: the average of a function of both, predicted and actual."""
        counts = self.counts_in(torch, *given)
        if self.average == "micro":
            return torch.nan_to_num(of(*(count.sum() for count in counts)))
        figures = torch.nan_to_num(of(*counts))
        if self.average == "none":
            return figures
        occurs = (counts[1] + counts[2] > 0) | self.binary
        return figures[occurs].mean() if occurs.any() else torch.zeros(())


__all__ = ["AVERAGE", "Labels", "Rates", "average", "counted_labels", "decided", "flat", "number_of_classes"]
