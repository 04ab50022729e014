"""The share of labels among the highest scores."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.arguments import SIZE, Integer, Optional_, argument
from netc.compiler.declare.samples import Pair, Wrong
from netc.compiler.ir import Builder, DType, Value
from netc.compiler.ir.operators import ShapeError
from netc.compiler.losses.base import TargetSpec
from netc.compiler.losses.classes import class_axis, label_target
from netc.compiler.metrics.base import Mean, metric
from netc.compiler.metrics.labels import counted_labels
from netc.grammar.counted import counted


@metric("topk")
class TopK(Mean):
    """The share of labels that are among the `k` highest scores, from 0 to 1: ImageNet's top-5 is `topk(k=5)`.

    Of equal scores the first count.

    prediction: scores `[C]`, `[T, C]` or `[C, H, W]`. target: whole numbers from 0 to C - 1, without the class axis.
    """

    also = (
        "top_k",
        "topk_accuracy",
        "top_k_accuracy",
        "top_k_categorical_accuracy",
        "sparse_top_k_categorical_accuracy",
    )

    k: int = argument(SIZE, "how many scores count", default=5)
    ignore_index: int | None = argument(Optional_(Integer()), "a label that counts for nothing", default=None)

    higher_is_better = True
    samples = (
        Pair("topk(prediction, target)", "7"),
        Pair("topk(prediction, target, k=1)", "5x7"),
        Pair("topk(prediction, target, k=3)", "7x3x2"),
        Pair("topk(prediction, target, k=7)", "7"),
        Pair("topk(prediction, target, k=2, ignore_index=0)", "3x4"),
    )
    errors = (
        Wrong(
            "topk(prediction, target)",
            "3",
            code="E301",
            says=("topk counts 5 of 3 classes", "give k a number from 1 to 3"),
        ),
        Wrong("topk(prediction, target, k=0)", "7", code="E224", says="a positive whole number, found 0"),
        Wrong("topk(prediction, target)", "1", code="E301", says="topk needs a score for each class, found 1"),
    )

    def target(self, prediction: Value) -> TargetSpec:
        spec = label_target("topk", prediction, self.ignore_index)
        assert spec.classes is not None
        if self.k > spec.classes:
            raise ShapeError(
                f"topk counts {self.k} of {counted(spec.classes, 'class', 'classes')}",
                argument="k",
                help=f"give k a number from 1 to {spec.classes}",
            )
        return spec

    def each(self, g: Builder, *given: Value) -> Value:
        prediction, target = given
        axis = class_axis(prediction)
        _, indices = g.add("TopK", (prediction,), {"k": self.k, "axis": axis})
        shape = (*target.shape[:axis], 1, *target.shape[axis:])
        found = g.Cast(g.Equal(indices, g.Reshape(target, shape=shape)), to=DType.FLOAT32)
        right, counted = g.ReduceSum(found, axes=(axis,)), self.counts(g, *given)
        return right if counted is None else g.Mul(right, counted)

    def counts(self, g: Builder, *given: Value) -> Value | None:
        return counted_labels(g, given[1], self.ignore_index)

    def formula(self, torch: Any, *given: Any) -> Any:
        prediction, target = given
        scores = prediction.movedim(-1, 1) if prediction.ndim == 3 else prediction
        at_label = scores.gather(1, target[:, None])
        place = torch.arange(scores.shape[1]).view(1, -1, *[1] * (scores.ndim - 2))
        ahead = (scores > at_label) | ((scores == at_label) & (place < target[:, None]))
        there = torch.ones_like(target, dtype=torch.bool) if self.ignore_index is None else target != self.ignore_index
        return ((ahead.sum(1) < self.k) & there).double().sum() / max(1, int(there.sum()))
