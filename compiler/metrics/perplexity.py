"""Perplexity."""

from __future__ import annotations

from collections.abc import Mapping
from math import exp
from typing import TYPE_CHECKING, Any

from netc.compiler.declare.arguments import Integer, Optional_, argument
from netc.compiler.declare.samples import Pair, Wrong
from netc.compiler.ir import Builder, Value
from netc.compiler.losses.base import TargetSpec
from netc.compiler.losses.classes import at_label, class_axis, label_target
from netc.compiler.metrics.base import Figure, Mean, metric
from netc.compiler.metrics.labels import counted_labels

if TYPE_CHECKING:
    from netc.compiler.metrics.base import Array

LARGEST = 700.0
"""The largest exponent: e**709 is the largest float64."""


@metric("perplexity")
class Perplexity(Mean):
    """e to the mean over all positions of an epoch of -log softmax(prediction)[label]; C for a guess, 1 at best.

    prediction: logits `[C]`, `[T, C]` or `[C, H, W]`. target: labels. It is at most e**700.
    """

    higher_is_better = False

    ignore_index: int | None = argument(Optional_(Integer()), "a label that counts for nothing", default=None)

    samples = (
        Pair("perplexity(prediction, target)", "4"),
        Pair("perplexity(prediction, target)", "5x3"),
        Pair("perplexity(prediction, target, ignore_index=2)", "5x3"),
    )
    errors = (
        Wrong("perplexity(prediction, target)", "1", code="E301", says="perplexity needs a score for each class"),
    )

    def target(self, prediction: Value) -> TargetSpec:
        return label_target("perplexity", prediction, self.ignore_index)

    def each(self, g: Builder, *given: Value) -> Value:
        prediction, target = given
        logs = g.Neg(at_label(g, g.LogSoftmax(prediction, axis=class_axis(prediction)), target))
        counted = self.counts(g, *given)
        return logs if counted is None else g.Mul(logs, counted)

    def counts(self, g: Builder, *given: Value) -> Value | None:
        return counted_labels(g, given[1], self.ignore_index)

    def figure(self, sums: Mapping[str, Array]) -> Figure:
        mean = super().figure(sums)
        assert isinstance(mean, float)
        return exp(min(mean, LARGEST))

    def formula(self, torch: Any, *given: Any) -> Any:
        prediction, target = given
        scores = prediction.movedim(-1, 1) if prediction.ndim == 3 else prediction
        ignored = -100 if self.ignore_index is None else self.ignore_index
        loss = torch.nn.functional.cross_entropy(scores, target, ignore_index=ignored)
        return torch.exp(torch.clamp(torch.nan_to_num(loss), max=LARGEST))
