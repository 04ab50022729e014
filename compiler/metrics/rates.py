"""Precision, recall and what is made of them: how much of a class is predicted, is there, or both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netc.compiler.declare.also import Also
from netc.compiler.declare.arguments import argument
from netc.compiler.declare.samples import Pair, Wrong
from netc.compiler.metrics.base import metric
from netc.compiler.metrics.labels import AVERAGE, Rates

if TYPE_CHECKING:
    from netc.compiler.metrics.base import Array


def _samples(word: str) -> tuple[Pair, ...]:
    return (
        Pair(f"{word}(prediction, target)", "6x3"),
        Pair(f"{word}(prediction, target, average=micro)", "4"),
        Pair(f"{word}(prediction, target, average=none)", "3x2x2"),
        Pair(f"{word}(prediction, target, average=macro, ignore_index=1)", "4x3"),
        Pair(f"{word}(prediction, target, binary=true)", "float", targets=(0, 1)),
        Pair(f"{word}(prediction, target, binary=true, threshold=0.7)", "3", targets=(0, 1)),
    )


def _errors(word: str) -> tuple[Wrong, ...]:
    return (
        Wrong(f"{word}(prediction, target)", "1", code="E301", says=f"{word} needs a score for each class, found 1"),
        Wrong(f"{word}(prediction, target, average=weighted)", "3", code="E201", says="one of `micro`, `macro`"),
        Wrong(f"{word}(prediction, target, threshold=0.7)", "3", code="E224", says="the highest score decides"),
        Wrong(f"{word}(prediction, target, binary=true, ignore_index=0)", "3", code="E224", says="no label to ignore"),
    )


@metric("precision")
class Precision(Rates):
    """Of what is predicted as a class, the share that is of it: tp / (tp + fp).

    prediction: scores `[C]`, `[T, C]` or `[C, H, W]`; the highest is predicted. target: labels. With `binary=true` each
    prediction is the logit of a yes and each target 0 or 1: the figure is that of the yes. `average`: `macro` is the
    mean over the classes that occur among predictions or labels, `micro` that of all counts together, `none` a list.
    0 by 0 is 0.
    """

    also = ("precision_score", Also("BinaryPrecision"), Also("MulticlassPrecision"))
    samples, errors = _samples("precision"), _errors("precision")

    def of(self, both: Array, predicted: Array, actual: Array) -> tuple[Array, Array]:
        return both, predicted

    def formula(self, torch: Any, *given: Any) -> Any:
        return self.averaged(torch, given, lambda both, predicted, actual: both / predicted)


@metric("recall")
class Recall(Rates):
    """Of what is of a class, the share that is predicted as it: tp / (tp + fn).

    prediction: scores `[C]`, `[T, C]` or `[C, H, W]`; the highest is predicted. target: labels. With `binary=true` each
    prediction is the logit of a yes and each target 0 or 1: the figure is that of the yes. `average`: `macro` is the
    mean over the classes that occur among predictions or labels, `micro` that of all counts together, `none` a list.
    0 by 0 is 0.
    """

    also = ("recall_score", "sensitivity", "true_positive_rate", Also("BinaryRecall"), Also("MulticlassRecall"))
    samples, errors = _samples("recall"), _errors("recall")

    def of(self, both: Array, predicted: Array, actual: Array) -> tuple[Array, Array]:
        return both, actual

    def formula(self, torch: Any, *given: Any) -> Any:
        return self.averaged(torch, given, lambda both, predicted, actual: both / actual)


def _f1(both: Any, predicted: Any, actual: Any) -> Any:
    return 2 * both / (predicted + actual)


def _iou(both: Any, predicted: Any, actual: Any) -> Any:
    return both / (predicted + actual - both)


@metric("f1")
class F1(Rates):
    """The harmonic mean of precision and recall: 2 tp / (2 tp + fp + fn).

    prediction: scores `[C]`, `[T, C]` or `[C, H, W]`; the highest is predicted. target: labels. With `binary=true` each
    prediction is the logit of a yes and each target 0 or 1: the figure is that of the yes. `average`: `macro` is the
    mean over the classes that occur among predictions or labels, `micro` that of all counts together, `none` a list.
    0 by 0 is 0.
    """

    also = ("f1_score", Also("F1Score"), Also("FBetaScore", "with beta 1"))
    samples, errors = _samples("f1"), _errors("f1")

    def of(self, both: Array, predicted: Array, actual: Array) -> tuple[Array, Array]:
        return 2 * both, predicted + actual

    def formula(self, torch: Any, *given: Any) -> Any:
        return self.averaged(torch, given, _f1)


class Overlap(Rates):
    """A rate whose counts are taken together unless said otherwise."""

    average: str = argument(AVERAGE, "over classes: of all counts, the mean of each, or each alone",
                            default="micro")  # fmt: skip


@metric("dice")
class DiceScore(Overlap):
    """2 tp / (2 tp + fp + fn), as `f1`, of all counts together unless `average` says otherwise: for masks.

    prediction: scores `[C, H, W]`, or `[C]` or `[T, C]`; the highest is predicted. target: labels. With `binary=true`
    each prediction is the logit of a yes and each target 0 or 1: the figure is that of the yes. 0 by 0 is 0.
    """

    also = ("dice_score", "dice_coefficient")
    samples, errors = _samples("dice"), _errors("dice")

    def of(self, both: Array, predicted: Array, actual: Array) -> tuple[Array, Array]:
        return 2 * both, predicted + actual

    def formula(self, torch: Any, *given: Any) -> Any:
        return self.averaged(torch, given, _f1)


@metric("iou")
class IoU(Overlap):
    """Intersection over union, tp / (tp + fp + fn), of all counts together unless `average` says otherwise.

    prediction: scores `[C, H, W]`, or `[C]` or `[T, C]`; the highest is predicted. target: labels. With `binary=true`
    each prediction is the logit of a yes and each target 0 or 1: the figure is that of the yes. `mean_iou` is the mean
    over classes, `iou(average=none)` a list. 0 by 0 is 0.
    """

    also = ("jaccard", "jaccard_index", "jaccard_score", "intersection_over_union", Also("BinaryIoU", "`binary=true`"))
    samples, errors = _samples("iou"), _errors("iou")

    def of(self, both: Array, predicted: Array, actual: Array) -> tuple[Array, Array]:
        return both, predicted + actual - both

    def formula(self, torch: Any, *given: Any) -> Any:
        return self.averaged(torch, given, _iou)


@metric("mean_iou")
class MeanIoU(Rates):
    """The mean over classes of intersection over union, tp / (tp + fp + fn); of those that occur among predictions or
    labels: the usual figure of segmentations.

    prediction: scores `[C, H, W]`, or `[C]` or `[T, C]`; the highest is predicted. target: labels. With `binary=true`
    each prediction is the logit of a yes, each target 0 or 1, and the mean is over the channels.
    """

    also = ("miou", Also("MeanIoU"))
    samples, errors = _samples("mean_iou"), _errors("mean_iou")

    def of(self, both: Array, predicted: Array, actual: Array) -> tuple[Array, Array]:
        return both, predicted + actual - both

    def formula(self, torch: Any, *given: Any) -> Any:
        return self.averaged(torch, given, _iou)
