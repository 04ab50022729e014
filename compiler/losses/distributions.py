"""Losses between distributions, and likelihoods of numbers."""

from __future__ import annotations

import math
from typing import Any

from netc.compiler.declare.also import Also
from netc.compiler.declare.arguments import Boolean, Real, argument
from netc.compiler.declare.samples import Pair, Wrong
from netc.compiler.ir import Builder, DType, Shape, Value
from netc.compiler.layers.base import require_floats
from netc.compiler.losses.base import Loss, Place, TargetSpec, loss
from netc.compiler.losses.checks import require_same
from netc.compiler.losses.classes import SHARES, class_axis, label_target
from netc.compiler.losses.functions import growth, log_of, square


@loss("kl")
class KullbackLeibler(Loss):
    """Sum over classes of t (log t - log softmax(prediction)), the mean over examples and positions.

    prediction: logits, `[C]`, `[T, C]` or `[C, H, W]`. target: probabilities of the same shape; 0 adds nothing.
    PyTorch's KLDivLoss takes logarithms of probabilities and, unless `reduction="batchmean"`, divides by C too; Keras's
    takes probabilities.
    """

    also = (
        Also("KLDivLoss", "there the prediction is a log softmax; here the logits"),
        Also("KLDivergence", "there the prediction is a probability; here the logits"),
        Also("kl_div", "there the prediction is a log softmax; here the logits"),
        Also("kullback_leibler_divergence", "there the prediction is a probability; here the logits"),
        Also("kld", "there the prediction is a probability; here the logits"),
    )

    samples = (
        Pair("kl(prediction, target)", "4", targets=(0, 1)),
        Pair("kl(prediction, target)", "3x4", targets=(0, 1)),
        Pair("kl(prediction, target)", "3x2x2", targets=(0, 1)),
    )
    errors = (Wrong("kl(prediction, target)", "1", code="E301", says="kl needs a score for each class, found 1"),)

    def target(self, prediction: Value) -> TargetSpec:
        label_target("kl", prediction)
        return TargetSpec(DType.FLOAT32, prediction.shape, between=SHARES)

    def each(self, g: Builder, *given: Value) -> Value:
        prediction, target = given
        axis = class_axis(prediction)
        logs = g.LogSoftmax(prediction, axis=axis)
        return g.ReduceSum(g.Mul(target, g.Sub(log_of(g, target), logs)), axes=(axis,))

    def formula(self, torch: Any, *given: Any) -> Any:
        prediction, target = given
        axis = -1 if prediction.ndim < 4 else 1
        logs = torch.log_softmax(prediction, axis)
        return (torch.xlogy(target, target) - target * logs).sum(axis).mean()


@loss("kl_normal")
class KullbackLeiblerNormal(Loss):
    """-1/2 sum over the last axis of 1 + logvar - mean**2 - e**logvar, the mean over examples: how far a normal
    distribution is from the standard one, in nats (Kingma & Welling 2013, arXiv:1312.6114): `kl_normal(mean, logvar)`.

    mean, logvar: `[F]` or `[T, F]`, values of the net. From logvar 60 on, e**logvar goes on along its tangent.
    """

    also = ("vae_loss", "kl_loss", "kl_gaussian")
    places = (Place("mean"), Place("logvar"))

    samples = (
        Pair("kl_normal(mean, logvar)", "4", "4"),
        Pair("kl_normal(mean, logvar)", "3x2", "3x2"),
        Pair("kl_normal(mean, logvar)", "1", "1"),
    )
    errors = (
        Wrong("kl_normal(mean, logvar)", "4", "3", code="E301", says="kl_normal compares values of one shape"),
        Wrong("kl_normal(mean)", "4", "4", code="E411", says="`kl_normal` takes a mean and a logvar"),
    )

    def targets(self, *values: Value) -> tuple[TargetSpec, ...]:
        require_same("kl_normal", values, vectors=True)
        return ()

    def each(self, g: Builder, *given: Value) -> Value:
        mean, logvar = given
        parts = g.Sub(g.Add(square(g, mean), growth(g, logvar)), g.Add(logvar, 1.0))
        return g.Mul(g.ReduceSum(parts, axes=(mean.rank - 1,)), 0.5)

    def formula(self, torch: Any, *given: Any) -> Any:
        mean, logvar = given
        tangent = torch.exp(torch.clamp(logvar, max=60)) * (1 + torch.relu(logvar - 60))
        return (-0.5 * (1 + logvar - mean**2 - tangent)).sum(-1).mean()

    def positions(self, *values: Value) -> Shape:
        return values[0].shape[:-1]


@loss("poisson_nll")
class PoissonNLL(Loss):
    """e**prediction - target * prediction, the mean: counts, and the logarithm of their rate.

    prediction: any shape. target: counts of the same shape. With `log=false` the prediction is the rate r itself, and
    the loss r - target log(r + 1e-8). From 60 on, e**x goes on along its tangent.
    """

    also = (Also("PoissonNLLLoss"), Also("Poisson", "there the prediction is the rate: `log=false` here"))

    log: bool = argument(Boolean(), "whether the prediction is the rate's logarithm", default=True)

    samples = (
        Pair("poisson_nll(prediction, target)", "3x2"),
        Pair("poisson_nll(prediction, target)", "float"),
        Pair("poisson_nll(prediction, target, log=false)", "3", values=(0.1, 4), targets=(0, 5)),
    )
    errors = (
        Wrong("poisson_nll(prediction, target, log=1)", "3", code="E224", says="true or false"),
        Wrong("poisson_nll(prediction, target)", "int 3", code="E302", says="poisson_nll works on floating-point"),
    )

    def target(self, prediction: Value) -> TargetSpec:
        require_floats("poisson_nll", prediction)
        return TargetSpec(DType.FLOAT32, prediction.shape, between=(0.0, math.inf))

    @property
    def by_element(self) -> bool:
        return True

    def each(self, g: Builder, *given: Value) -> Value:
        x, t = given
        if self.log:
            return g.Sub(growth(g, x), g.Mul(t, x))
        return g.Sub(x, g.Mul(t, log_of(g, g.Add(x, 1e-8))))

    def formula(self, torch: Any, *given: Any) -> Any:
        x, t = given
        if self.log:
            return (torch.exp(torch.clamp(x, max=60)) * (1 + torch.relu(x - 60)) - t * x).mean()
        return torch.nn.functional.poisson_nll_loss(x, t, log_input=False, eps=1e-8)


@loss("gaussian_nll")
class GaussianNLL(Loss):
    """1/2 (log v + (mean - target)**2 / v), the mean: `gaussian_nll(mean, target, variance)` (Nix & Weigend 1994).

    mean, variance: values of the net of one shape. target: numbers of that shape. v is the variance, at least
    `epsilon`, and has slope 0 below.
    """

    also = (Also("GaussianNLLLoss"),)
    places = (Place("mean"), Place("target", data=True), Place("variance"))

    epsilon: float = argument(Real(0, open_low=True), "the smallest variance", default=1e-6)

    samples = (
        Pair("gaussian_nll(mean, target, variance)", "3", "3", values=(0.1, 2)),
        Pair("gaussian_nll(mean, target, variance, epsilon=0.5)", "2x2", "2x2", values=(0.1, 2)),
        Pair("gaussian_nll(mean, target, variance, epsilon=0.01)", "float", "float"),
    )
    errors = (
        Wrong("gaussian_nll(mean, target, variance, epsilon=0)", "3", "3", code="E224", says="a number above 0"),
        Wrong("gaussian_nll(mean, target, variance)", "3", "2", code="E301", says="compares values of one shape"),
        Wrong("gaussian_nll(mean, target)", "3", "2", code="E411", says="takes a mean, a target and a variance"),
    )

    def targets(self, *values: Value) -> tuple[TargetSpec, ...]:
        require_same("gaussian_nll", values)
        return (TargetSpec(DType.FLOAT32, values[0].shape),)

    @property
    def by_element(self) -> bool:
        return True

    def each(self, g: Builder, *given: Value) -> Value:
        mean, target, variance = given
        held = g.Max(variance, self.epsilon)
        return g.Mul(g.Add(g.Log(held), g.Div(square(g, g.Sub(mean, target)), held)), 0.5)

    def formula(self, torch: Any, *given: Any) -> Any:
        mean, target, variance = given
        held = torch.clamp(variance, min=self.epsilon)
        return torch.nn.functional.gaussian_nll_loss(mean, target, held, eps=self.epsilon)
