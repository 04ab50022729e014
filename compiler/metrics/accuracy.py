"""The share of right answers."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.also import Also
from netc.compiler.declare.arguments import Boolean, Integer, Optional_, argument
from netc.compiler.declare.samples import Pair, Wrong
from netc.compiler.ir import Builder, DType, Value
from netc.compiler.losses.base import TargetSpec
from netc.compiler.losses.classes import class_axis, label_target, yes_or_no
from netc.compiler.metrics.base import Mean, metric
from netc.compiler.metrics.labels import binary_conflict, counted_labels, decided


@metric("accuracy")
class Accuracy(Mean):
    """The share of labels that have the highest score, from 0 to 1; of equal scores the first counts.

    prediction: scores `[C]`, `[T, C]` or `[C, H, W]`. target: whole numbers from 0 to C - 1, without the class axis.
    With `binary=true` each prediction is the logit of a yes, which is one above 0, and each target 0 or 1.
    """

    also = (
        "acc",
        "categorical_accuracy",
        "sparse_categorical_accuracy",
        "accuracy_score",
        Also("BinaryAccuracy", "`accuracy(binary=true)` here, of logits"),
    )

    binary: bool = argument(Boolean(), "whether each prediction is a yes or no of its own", default=False)
    ignore_index: int | None = argument(Optional_(Integer()), "a label that counts for nothing", default=None)

    higher_is_better = True
    samples = (
        Pair("accuracy(prediction, target)", "7"),
        Pair("accuracy(prediction, target)", "5x7"),
        Pair("accuracy(prediction, target)", "2x3x2"),
        Pair("accuracy(prediction, target, binary=true)", "float", targets=(0, 1)),
        Pair("accuracy(prediction, target, ignore_index=1)", "4x3"),
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

    def conflict(self) -> tuple[str, str, str] | None:
        return binary_conflict(self.binary, self.ignore_index)

    def target(self, prediction: Value) -> TargetSpec:
        if self.binary:
            return yes_or_no("accuracy", prediction)
        return label_target("accuracy", prediction, self.ignore_index, binary=True)

    @property
    def by_element(self) -> bool:
        return self.binary

    def each(self, g: Builder, *given: Value) -> Value:
        prediction, target = given
        if self.binary:
            yes, there = decided(g, prediction), decided(g, target, 0.5)
            right = g.Or(g.And(yes, there), g.And(g.Not(yes), g.Not(there)))
            return g.Cast(right, to=DType.FLOAT32)
        answer = g.ArgMax(prediction, axis=class_axis(prediction))
        right = g.Cast(g.Equal(answer, target), to=DType.FLOAT32)
        counted = self.counts(g, *given)
        return right if counted is None else g.Mul(right, counted)

    def counts(self, g: Builder, *given: Value) -> Value | None:
        return counted_labels(g, given[1], self.ignore_index)

    def formula(self, torch: Any, *given: Any) -> Any:
        prediction, target = given
        if self.binary:
            return ((prediction > 0) == (target > 0.5)).double().mean()
        scores = prediction.movedim(-1, 1) if prediction.ndim == 3 else prediction
        best = scores == scores.amax(1, keepdim=True)
        first = torch.where(best, torch.arange(scores.shape[1]).view(1, -1, *[1] * (scores.ndim - 2)), torch.inf)
        there = torch.ones_like(target, dtype=torch.bool) if self.ignore_index is None else target != self.ignore_index
        return ((first.amin(1) == target) & there).double().sum() / max(1, int(there.sum()))
