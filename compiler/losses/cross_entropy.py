"""Cross entropy of class labels."""

from __future__ import annotations

from netc.compiler.declare.arguments import Real, argument
from netc.compiler.ir import Builder, Value
from netc.compiler.losses.base import Loss, TargetSpec, loss
from netc.compiler.losses.classes import class_axis, label_target, mean, one_hot


@loss("cross_entropy")
class CrossEntropy(Loss):
    """-log softmax(prediction)[label], the mean over examples and positions: `cross_entropy(logits, label)`.

    prediction: logits, before any softmax: `[C]`, a sequence `[T, C]` or a map `[C, H, W]`. target: whole numbers from
    0 to C - 1, one an example, `[T]` or `[H, W]`. Computed as log-softmax, so that large logits do not overflow.

    With `label_smoothing` e the target is 1 - e + e / C at the label and e / C elsewhere (Szegedy et al. 2015,
    arXiv:1512.00567).
    """

    label_smoothing: float = argument(Real(0, 1, open_high=True), "the share spread over all classes", default=0.0)

    def target(self, prediction: Value) -> TargetSpec:
        return label_target("cross_entropy", prediction)

    def build(self, g: Builder, prediction: Value, target: Value) -> Value:
        axis = class_axis(prediction)
        logs = g.LogSoftmax(prediction, axis=axis)
        at_label = g.ReduceSum(g.Mul(logs, one_hot(g, target, prediction)), axes=(axis,))
        loss = g.Neg(mean(g, at_label))
        if self.label_smoothing == 0.0:
            return loss
        spread = g.Neg(mean(g, logs))
        return g.Add(g.Mul(loss, 1.0 - self.label_smoothing), g.Mul(spread, self.label_smoothing))
