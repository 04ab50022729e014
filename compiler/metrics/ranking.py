"""Metrics of the order of scores, which need those of all examples together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from netc.compiler.declare.also import Also
from netc.compiler.declare.arguments import Boolean, Integer, Optional_, argument
from netc.compiler.declare.samples import Pair, Wrong
from netc.compiler.ir import Builder, DType, Value
from netc.compiler.losses.base import TargetSpec
from netc.compiler.losses.classes import class_axis, label_target, one_hot, yes_or_no
from netc.compiler.losses.mean import ones_like, spread
from netc.compiler.metrics.base import Figure, Metric, metric
from netc.compiler.metrics.labels import AVERAGE, average, binary_conflict, counted_labels, decided, flat

if TYPE_CHECKING:
    from netc.compiler.metrics.base import Array


def _samples(word: str) -> tuple[Pair, ...]:
    return (
        Pair(f"{word}(prediction, target, binary=true)", "float", targets=(0, 1)),
        Pair(f"{word}(prediction, target)", "3"),
        Pair(f"{word}(prediction, target, average=none)", "2x4"),
        Pair(f"{word}(prediction, target, ignore_index=1)", "3x2x2"),
        Pair(f"{word}(prediction, target, binary=true, average=micro)", "3", targets=(0, 1)),
    )


def _errors(word: str) -> tuple[Wrong, ...]:
    return (
        Wrong(f"{word}(prediction, target)", "1", code="E301", says=f"{word} needs a score for each class, found 1"),
        Wrong(f"{word}(prediction, target, average=all)", "3", code="E201", says="one of `micro`, `macro`, `none`"),
        Wrong(f"{word}(prediction, target, binary=true, ignore_index=0)", "3", code="E224", says="no label to ignore"),
    )


class Ranking(Metric):
    """A metric of the order in which scores put the examples, class by class."""

    word: ClassVar[str]
    higher_is_better = True
    rows = True

    binary: bool = argument(Boolean(), "whether each prediction is a yes or no of its own", default=False)
    average: str = argument(AVERAGE, "over classes: of all scores, the mean of each, or each alone",
                            default="macro")  # fmt: skip
    ignore_index: int | None = argument(Optional_(Integer()), "a label that counts for nothing", default=None)

    @property
    def single(self) -> bool:
        return self.average != "none"

    def conflict(self) -> tuple[str, str, str] | None:
        return binary_conflict(self.binary, self.ignore_index)

    @property
    def by_element(self) -> bool:
        return True

    def target(self, prediction: Value) -> TargetSpec:
        if self.binary:
            return yes_or_no(self.word, prediction)
        return label_target(self.word, prediction, self.ignore_index, binary=True)

    def tally(self, g: Builder, *given: Value, mask: Value | None = None) -> dict[str, Value]:
        prediction, target = given
        if self.binary:
            scores, there = prediction, decided(g, target, 0.5)
        else:
            scores, there = g.Softmax(prediction, axis=class_axis(prediction)), one_hot(g, target, prediction)
        counted = counted_labels(g, target, self.ignore_index)
        weights = (
            ones_like(g, prediction) if counted is None else spread(g, counted, prediction, self.positions(prediction))
        )
        weights = weights if mask is None else g.Mul(weights, spread(g, mask, prediction, self.positions(prediction)))
        parts = {"scores": scores, "there": g.Cast(there, to=DType.FLOAT32), "weights": weights}
        return {name: flat(g, part) for name, part in parts.items()}

    def figure(self, sums: Mapping[str, Array]) -> Figure:
        scores, there, weights = sums["scores"], sums["there"], sums["weights"]
        if self.average == "micro":
            scores, there, weights = (part.reshape(-1, 1) for part in (scores, there, weights))
        yes, no = there * weights, (1 - there) * weights
        occurs = self.occurs(yes.sum(0), no.sum(0))
        from numpy import array

        figures = array([self.of(*columns) for columns in zip(scores.T, yes.T, no.T, strict=True)])
        if not self.single or occurs.any():
            return average(figures, occurs, self.average)
        return self.undefined

    undefined: ClassVar[float] = 0.0

    def occurs(self, yes: Array, no: Array) -> Array:
        """Whether a class has what the figure needs, from the weights of its examples and of all others."""
        raise AssertionError("a ranking says what it needs")

    def of(self, scores: Array, yes: Array, no: Array) -> float:
        """The figure of one class: its scores, and the weights of what is of it and what isn't."""
        raise AssertionError("a ranking says what it is of one class")

    def columns(self, torch: Any, prediction: Any, target: Any) -> list[tuple[Any, Any]]:
        """For formulas: scores and truths of each class."""
        axis = 1 if prediction.ndim > 3 else -1
        if prediction.ndim == 1:
            return [(prediction, target > 0.5)]
        scores = (prediction if self.binary else prediction.softmax(axis)).movedim(axis, -1)
        scores = scores.float().double().reshape(-1, scores.shape[-1])
        if self.binary:
            there = target.movedim(axis, -1).reshape(scores.shape) > 0.5
        else:
            labels = target.reshape(-1)
            keep = labels != (-1 if self.ignore_index is None else self.ignore_index)
            scores, there = scores[keep], (labels[:, None] == torch.arange(scores.shape[1]))[keep]
        if self.average == "micro":
            return [(scores.reshape(-1), there.reshape(-1))]
        return list(zip(scores.T, there.T, strict=True))


def levels(scores: Array, *weights: Array) -> list[Array]:
    """Sums of weights of equal scores, from the lowest score to the highest."""
    from numpy import bincount, unique

    _, place = unique(scores, return_inverse=True)
    return [bincount(place, each) for each in weights]


@metric("auc")
class AUC(Ranking):
    """The area under the ROC curve: how probable it is that one of a class scores above one of another, where equal
    scores count half; measured on held-out data alone.

    prediction: scores `[C]`, `[T, C]` or `[C, H, W]`, of which the softmax is ranked, each class against the rest.
    target: labels. With `binary=true` each prediction is the score of a yes and each target 0 or 1. `average`: `macro`
    is the mean over classes that have both sides, `micro` of all scores together, `none` a list. Without both sides it
    is 0.5.
    """

    also = ("roc_auc", "roc_auc_score", "auroc", Also("AUC"), Also("BinaryAUROC"))
    samples, errors = _samples("auc"), _errors("auc")
    undefined = 0.5

    def occurs(self, yes: Array, no: Array) -> Array:
        both: Array = (yes > 0) & (no > 0)
        return both

    def of(self, scores: Array, yes: Array, no: Array) -> float:
        if not (yes.sum() and no.sum()):
            return self.undefined
        up, down = levels(scores, yes, no)
        above = up[::-1].cumsum()[::-1] - up / 2
        return float((down * above).sum() / (yes.sum() * no.sum()))

    def formula(self, torch: Any, *given: Any) -> Any:
        figures, known = [], []
        for scores, there in self.columns(torch, *given):
            pairs = scores[there][:, None] - scores[~there]
            known.append(pairs.numel() > 0)
            figures.append(((pairs > 0).double() + (pairs == 0).double() / 2).mean() if known[-1] else 0.5)
        if self.average == "none":
            return torch.tensor(figures)
        found = [figure for figure, there in zip(figures, known, strict=True) if there]
        return torch.tensor(found).mean() if found else torch.tensor(0.5)


@metric("mean_average_precision")
class MeanAveragePrecision(Ranking):
    """The mean over classes of the average precision of ranked examples: the sum over score levels, from the highest
    down, of precision times what recall gains; measured on held-out data alone. Figures of detected boxes, which are
    matched by their overlap (COCO's and VOC's mAP), are not covered: `netc predict` writes boxes to measure elsewhere.

    prediction: scores `[C]`, `[T, C]` or `[C, H, W]`, of which the softmax is ranked, each class against the rest.
    target: labels. With `binary=true` each prediction is the score of a yes and each target 0 or 1. `average`: `macro`
    is the mean over classes that occur, `micro` of all scores together, `none` a list. Equal scores are one level, as
    scikit-learn has it. Without an example of any class it is 0.
    """

    also = (
        "average_precision",
        "average_precision_score",
        "map_score",
        Also("MeanAveragePrecision", "it ranks examples; torchmetrics' of this name matches detected boxes"),
    )
    samples, errors = _samples("mean_average_precision"), _errors("mean_average_precision")

    def occurs(self, yes: Array, no: Array) -> Array:
        some: Array = yes > 0
        return some

    def of(self, scores: Array, yes: Array, no: Array) -> float:
        if not yes.sum():
            return self.undefined
        up, down = (part[::-1] for part in levels(scores, yes, no))
        seen = (up + down).cumsum()
        precision = up.cumsum() / (seen + (seen == 0))
        return float((precision * up).sum() / yes.sum())

    def formula(self, torch: Any, *given: Any) -> Any:
        figures, known = [], []
        for scores, there in self.columns(torch, *given):
            known.append(bool(there.any()))
            ahead = scores[:, None] >= scores
            precision = (ahead & there[:, None]).double().sum(0) / ahead.double().sum(0)
            figures.append(precision[there].mean() if known[-1] else torch.zeros(()).double())
        if self.average == "none":
            return torch.stack(figures)
        found = [figure for figure, there in zip(figures, known, strict=True) if there]
        return torch.stack(found).mean() if found else torch.tensor(0.0)
