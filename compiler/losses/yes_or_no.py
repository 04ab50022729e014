"""Losses of a yes or no."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.also import Also
from netc.compiler.declare.arguments import Boolean, Real, argument
from netc.compiler.declare.samples import Pair, Wrong
from netc.compiler.ir import Builder, DType, Value
from netc.compiler.layers.base import require_floats
from netc.compiler.losses.base import Loss, TargetSpec, loss
from netc.compiler.losses.classes import yes_or_no
from netc.compiler.losses.functions import log_of, softplus


@loss("binary_cross_entropy")
class BinaryCrossEntropy(Loss):
    """-w t log p - (1 - t) log(1 - p), p = sigmoid(prediction), the mean: `binary_cross_entropy(logit, label)`.

    prediction: logits of any shape, each a question of its own. target: numbers from 0 to 1 of the same shape, or one
    number for all: `binary_cross_entropy(on_fake, 0)`. w is `positive_weight`. With `logits=false` the prediction is p
    itself; of p = 0 or 1 the logarithm is that of 1e-37, where PyTorch cuts the loss at 100 and Keras p at 1e-7.
    """

    also = (
        Also("BCEWithLogitsLoss"),
        Also("BCELoss", "there the prediction is a probability: `logits=false` here"),
        Also("BinaryCrossentropy", "there `from_logits=False` is the default: `logits=false` here"),
        "bce",
        "bce_with_logits",
        "binary_cross_entropy_with_logits",
        "sigmoid_cross_entropy",
    )

    logits: bool = argument(Boolean(), "whether the prediction is before the sigmoid", default=True)
    positive_weight: float = argument(Real(0, open_low=True), "how much a yes counts", default=1.0)

    samples = (
        Pair("binary_cross_entropy(prediction, target)", "3x2", targets=(0, 1)),
        Pair("binary_cross_entropy(prediction, target)", "float", targets=(0, 1)),
        Pair("binary_cross_entropy(prediction, target, positive_weight=3)", "4", targets=(0, 1)),
        Pair("binary_cross_entropy(prediction, target, logits=false)", "4", values=(0.02, 0.98), targets=(0, 1)),
        Pair(
            "binary_cross_entropy(prediction, target, logits=false, positive_weight=0.5)",
            "2x2",
            values=(0.1, 0.8),
            targets=(0, 1),
        ),
    )
    errors = (
        Wrong("binary_cross_entropy(prediction, target, positive_weight=0)", "3", code="E224", says="a number above 0"),
        Wrong(
            "binary_cross_entropy(prediction, target)",
            "int 3",
            code="E302",
            says="binary_cross_entropy works on floating-point numbers",
        ),
    )

    def target(self, prediction: Value) -> TargetSpec:
        return yes_or_no("binary_cross_entropy", prediction)

    @property
    def by_element(self) -> bool:
        return True

    def each(self, g: Builder, *given: Value) -> Value:
        x, t = given
        yes = softplus(g, g.Neg(x)) if self.logits else g.Neg(log_of(g, x))
        no = softplus(g, x) if self.logits else g.Neg(log_of(g, g.Sub(1.0, x)))
        return g.Add(g.Mul(t, g.Mul(yes, self.positive_weight)), g.Mul(g.Sub(1.0, t), no))

    def formula(self, torch: Any, *given: Any) -> Any:
        x, t = given
        if self.logits:
            weight = torch.tensor(self.positive_weight, dtype=x.dtype)
            return torch.nn.functional.binary_cross_entropy_with_logits(x, t, pos_weight=weight)
        return -(self.positive_weight * t * torch.log(x) + (1 - t) * torch.log(1 - x)).mean()


@loss("hinge")
class Hinge(Loss):
    """max(0, 1 - y * prediction), the mean; y is 1 where the target is above 0, else -1 (Cortes & Vapnik 1995).

    prediction: scores of any shape, each a question of its own. target: 1 and 0, or 1 and -1, of the same shape.
    """

    also = ("hinge_loss", Also("HingeLoss"))

    samples = (
        Pair("hinge(prediction, target)", "3x2"),
        Pair("hinge(prediction, target)", "float"),
    )
    errors = (Wrong("hinge(prediction, target)", "int 3", code="E302", says="hinge works on floating-point numbers"),)

    def target(self, prediction: Value) -> TargetSpec:
        require_floats("hinge", prediction)
        return TargetSpec(DType.FLOAT32, prediction.shape, between=(-1.0, 1.0))

    @property
    def by_element(self) -> bool:
        return True

    def each(self, g: Builder, *given: Value) -> Value:
        x, t = given
        sides = g.Where(g.Greater(t, 0.0), 1.0, -1.0)
        return g.Relu(g.Sub(1.0, g.Mul(sides, x)))

    def formula(self, torch: Any, *given: Any) -> Any:
        x, t = given
        return torch.clamp(1 - torch.where(t > 0, 1.0, -1.0) * x, min=0).mean()
