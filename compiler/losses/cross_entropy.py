"""Cross entropy of class labels."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.arguments import Real, argument
from netc.compiler.declare.samples import Pair, Wrong
from netc.compiler.ir import Builder, Value
from netc.compiler.layers.base import constant_size
from netc.compiler.losses.base import Loss, TargetSpec, loss
from netc.compiler.losses.classes import at_label, class_axis, label_target, mean


@loss("cross_entropy")
class CrossEntropy(Loss):
    """-log softmax(prediction)[label], the mean over examples and positions: `cross_entropy(logits, label)`.

    prediction: logits, before any softmax: `[C]`, a sequence `[T, C]` or a map `[C, H, W]`. target: whole numbers from
    0 to C - 1, one an example, `[T]` or `[H, W]`. Large logits do not overflow, with or without smoothing.

    With `label_smoothing` e the target is 1 - e + e / C at the label and e / C elsewhere (Szegedy et al. 2015,
    arXiv:1512.00567).
    """

    also = (
        "CrossEntropyLoss",
        "categorical_crossentropy",
        "sparse_categorical_crossentropy",
        "softmax_cross_entropy",
        "nll",
        "nll_loss",
        "log_loss",
    )

    label_smoothing: float = argument(Real(0, 1, open_high=True), "the share spread over all classes", default=0.0)

    samples = (
        Pair("cross_entropy(prediction, target)", "7"),
        Pair("cross_entropy(prediction, target)", "5x7"),
        Pair("cross_entropy(prediction, target)", "7x3x2"),
        Pair("cross_entropy(prediction, target, label_smoothing=0.1)", "7"),
        Pair("cross_entropy(prediction, target, label_smoothing=0.25)", "5x7"),
        Pair("cross_entropy(prediction, target, label_smoothing=0.5)", "2x3x2"),
    )
    errors = (
        Wrong(
            "cross_entropy(prediction, target)",
            "float",
            code="E301",
            says="cross_entropy needs a score for each class, found a single number an example",
        ),
        Wrong(
            "cross_entropy(prediction, target)",
            "1",
            code="E301",
            says="cross_entropy needs a score for each class, found 1",
        ),
        Wrong(
            "cross_entropy(prediction, target)",
            "int 7",
            code="E302",
            says="cross_entropy works on floating-point numbers, found int64",
        ),
        Wrong(
            "cross_entropy(prediction, target, label_smoothing=1)",
            "7",
            code="E224",
            says="a number of at least 0 and below 1, found 1",
        ),
    )

    def target(self, prediction: Value) -> TargetSpec:
        return label_target("cross_entropy", prediction)

    def build(self, g: Builder, prediction: Value, target: Value) -> Value:
        if self.label_smoothing > 0.0:
            return self._smoothed(g, prediction, target)
        logs = g.LogSoftmax(prediction, axis=class_axis(prediction))
        return g.Neg(mean(g, at_label(g, logs, target)))

    def _smoothed(self, g: Builder, prediction: Value, target: Value) -> Value:
        """Every class counts, and a logarithm may exceed the largest float32 though its share of the loss doesn't.

        So half of each logit's distance to the largest is taken, which never overflows, and weighted before it is
        doubled and added up.
        """
        axis, share = class_axis(prediction), self.label_smoothing
        classes = constant_size(prediction.shape[axis], "the number of classes")
        half = g.Mul(prediction, 0.5)
        below = g.Sub(half, g.ReduceMax(half, axes=(axis,), keepdims=True))
        total = g.Log(g.ReduceSum(g.Exp(g.Mul(below, 2.0)), axes=(axis,)))
        spread = g.ReduceSum(g.Mul(below, 2.0 * share / classes), axes=(axis,))
        chosen = g.Mul(at_label(g, below, target), 2.0 * (1.0 - share))
        return mean(g, g.Sub(total, g.Add(chosen, spread)))

    def formula(self, torch: Any, prediction: Any, target: Any) -> Any:
        classes_second = prediction.transpose(1, 2) if prediction.ndim == 3 else prediction
        return torch.nn.functional.cross_entropy(classes_second, target, label_smoothing=self.label_smoothing)
