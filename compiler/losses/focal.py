"""Focal loss."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.also import Also
from netc.compiler.declare.arguments import Boolean, Optional_, Real, argument
from netc.compiler.declare.samples import Pair, Wrong
from netc.compiler.ir import Builder, Value
from netc.compiler.losses.base import Loss, TargetSpec, loss
from netc.compiler.losses.classes import at_label, class_axis, label_target, one_hot, yes_or_no
from netc.compiler.losses.functions import softplus


@loss("focal")
class Focal(Loss):
    """-(1 - p)**gamma log p, p the probability of what is right, the mean (Lin et al. 2017, arXiv:1708.02002).

    prediction: logits, `[C]`, `[T, C]` or `[C, H, W]`. target: labels, as of `cross_entropy`; p is of a softmax.
    With `binary=true` each logit is a yes or no of its own, the target 0 or 1 in the same shape, p of a sigmoid, and
    `alpha` weights the yes, 1 - alpha the no. The paper's, and torchvision's, are gamma=2 and alpha=0.25.
    """

    also = (
        "focal_loss",
        Also("sigmoid_focal_loss", "there each logit is a yes or no: `binary=true, alpha=0.25` here"),
        Also("BinaryFocalCrossentropy", "`binary=true` here, of logits, where Keras takes probabilities unless told"),
        Also(
            "categorical_focal_crossentropy",
            "of logits and labels; Keras takes probabilities and one-hot, times 0.25",
        ),
    )

    gamma: float = argument(Real(0), "how little counts what is right already", default=2.0)
    binary: bool = argument(Boolean(), "whether each logit is a yes or no of its own", default=False)
    alpha: float | None = argument(Optional_(Real(0, 1)), "how much a yes counts, of 1", default=None)

    samples = (
        Pair("focal(prediction, target)", "5"),
        Pair("focal(prediction, target, gamma=0.5)", "3x4"),
        Pair("focal(prediction, target, gamma=0)", "3x2x2"),
        Pair("focal(prediction, target, binary=true)", "3x2", targets=(0, 1)),
        Pair("focal(prediction, target, binary=true, gamma=1, alpha=0.25)", "float", targets=(0, 1)),
    )
    errors = (
        Wrong("focal(prediction, target)", "1", code="E301", says="focal needs a score for each class, found 1"),
        Wrong("focal(prediction, target, gamma=-1)", "3", code="E224", says="a number of at least 0"),
        Wrong("focal(prediction, target, alpha=0.25)", "3", code="E224", says="`alpha` weights a yes"),
    )

    def conflict(self) -> tuple[str, str, str] | None:
        if self.alpha is not None and not self.binary:
            return "alpha", "`alpha` weights a yes against a no", "write `binary=true`, or leave it out"
        return None

    def target(self, prediction: Value) -> TargetSpec:
        if self.binary:
            return yes_or_no("focal", prediction)
        return label_target("focal", prediction, binary=True)

    @property
    def by_element(self) -> bool:
        return self.binary

    def each(self, g: Builder, *given: Value) -> Value:
        x, t = given
        if self.binary:
            alpha = (1.0, 1.0) if self.alpha is None else (self.alpha, 1.0 - self.alpha)
            yes, no = g.Mul(self._of(g, x), alpha[0]), g.Mul(self._of(g, g.Neg(x)), alpha[1])
            return g.Add(g.Mul(t, yes), g.Mul(g.Sub(1.0, t), no))
        return self._of(g, _lead(g, x, t))

    def _of(self, g: Builder, x: Value) -> Value:
        """The loss of a logit of what is right: in logarithms, since (1 - p)**gamma has no slope at p = 1."""
        return g.Mul(g.Exp(g.Mul(softplus(g, x), -self.gamma)), softplus(g, g.Neg(x)))

    def formula(self, torch: Any, *given: Any) -> Any:
        x, t = given
        if self.binary:
            right = torch.nn.functional.logsigmoid(x), torch.nn.functional.logsigmoid(-x)
            each = [-torch.exp(self.gamma * right[1 - side]) * right[side] for side in (0, 1)]
            alpha = (1.0, 1.0) if self.alpha is None else (self.alpha, 1 - self.alpha)
            return (t * alpha[0] * each[0] + (1 - t) * alpha[1] * each[1]).mean()
        scores = x.movedim(-1, 1) if x.ndim == 3 else x
        logs = torch.log_softmax(scores, 1)
        others = logs.scatter(1, t[:, None], -torch.inf).logsumexp(1)
        return (-torch.exp(self.gamma * others) * logs.gather(1, t[:, None])[:, 0]).mean()


def _lead(g: Builder, x: Value, labels: Value) -> Value:
    """The logit of the label against all others: x of the label minus the log of the sum of e**x of the others."""
    axis = class_axis(x)
    others = g.Where(one_hot(g, labels, x), -1e30, x)
    largest = g.ReduceMax(others, axes=(axis,), keepdims=True)
    sums = g.Log(g.ReduceSum(g.Exp(g.Sub(others, largest)), axes=(axis,), keepdims=True))
    return g.Sub(at_label(g, x, labels), g.ReduceSum(g.Add(sums, largest), axes=(axis,)))
