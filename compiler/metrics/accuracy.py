"""The share of right answers."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.samples import Pair, Wrong
from netc.compiler.ir import Builder, DType, Value
from netc.compiler.losses.base import TargetSpec
from netc.compiler.losses.classes import class_axis, label_target, mean
from netc.compiler.metrics.base import Metric, metric


@metric("accuracy")
class Accuracy(Metric):
    """The share of labels that have the highest score, from 0 to 1; of equal scores the first counts.

    prediction: scores `[C]`, `[T, C]` or `[C, H, W]`. target: whole numbers from 0 to C - 1, without the class axis.
    """

    also = ("acc", "categorical_accuracy", "sparse_categorical_accuracy", "accuracy_score")

    higher_is_better = True
    samples = (
        Pair("accuracy(prediction, target)", "7"),
        Pair("accuracy(prediction, target)", "5x7"),
        Pair("accuracy(prediction, target)", "2x3x2"),
    )
    errors = (
        Wrong("accuracy(prediction, target)", "1", code="E301", says="accuracy needs a score for each class, found 1"),
        Wrong(
            "accuracy(prediction, target)",
            "float",
            code="E301",
            says="accuracy needs a score for each class, found a single number an example",
        ),
        Wrong(
            "accuracy(prediction, target)",
            "int 7",
            code="E302",
            says="accuracy works on floating-point numbers, found int64",
        ),
    )

    def target(self, prediction: Value) -> TargetSpec:
        return label_target("accuracy", prediction)

    def build(self, g: Builder, prediction: Value, target: Value) -> Value:
        answer = g.ArgMax(prediction, axis=class_axis(prediction))
        return mean(g, g.Cast(g.Equal(answer, target), to=DType.FLOAT32))

    def formula(self, torch: Any, prediction: Any, target: Any) -> Any:
        scores = prediction.movedim(-1, 1) if prediction.ndim == 3 else prediction
        best = scores == scores.amax(1, keepdim=True)
        first = torch.where(best, torch.arange(scores.shape[1]).view(1, -1, *[1] * (scores.ndim - 2)), torch.inf)
        return (first.amin(1) == target).double().mean()
