"""The share of right answers."""

from __future__ import annotations

from netc.compiler.ir import Builder, DType, Value
from netc.compiler.losses.base import TargetSpec
from netc.compiler.losses.classes import class_axis, label_target, mean
from netc.compiler.metrics.base import Metric, metric


@metric("accuracy")
class Accuracy(Metric):
    """The share of labels that have the highest score, from 0 to 1; of equal scores the first counts.

    prediction: scores `[C]`, `[T, C]` or `[C, H, W]`. target: whole numbers from 0 to C - 1, without the class axis.
    """

    def target(self, prediction: Value) -> TargetSpec:
        return label_target("accuracy", prediction)

    def build(self, g: Builder, prediction: Value, target: Value) -> Value:
        answer = g.ArgMax(prediction, axis=class_axis(prediction))
        return mean(g, g.Cast(g.Equal(answer, target), to=DType.FLOAT32))
