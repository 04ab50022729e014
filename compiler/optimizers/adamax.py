"""Adamax."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.arguments import Real, argument
from netc.compiler.declare.samples import Call, Wrong
from netc.compiler.ir import Builder, Value
from netc.compiler.optimizers.base import DECAY_IN_GRADIENT, Optimizer, decayed, optimizer
from netc.compiler.optimizers.bias import one_minus_power


@optimizer("adamax")
class Adamax(Optimizer):
    """Adam whose steps are measured by the largest gradient (Kingma & Ba 2014, arXiv:1412.6980, section 7.1).

    m = beta1 * m + (1 - beta1) * g;  u = max(beta2 * u, |g| + epsilon);  w = w - lr / (1 - beta1**t) * m / u, t from 1,
    m and u from 0. As PyTorch's Adamax. Keras has lr = 0.001 and adds epsilon (1e-7) to u.
    """

    lr: float = argument(Real(0), "the learning rate", default=2e-3)
    beta1: float = argument(Real(0, 1, open_high=True), "how much of the gradients' mean is kept", default=0.9)
    beta2: float = argument(Real(0, 1, open_high=True), "how much of the largest gradient is kept", default=0.999)
    epsilon: float = argument(Real(0, open_low=True), "added to the gradient's size", default=1e-8)
    weight_decay: float = DECAY_IN_GRADIENT

    samples = (
        Call("adamax"),
        Call("adamax(beta1=0.5, beta2=0.9, epsilon=1e-3)"),
        Call("adamax(0.01, weight_decay=0.05)"),
    )
    errors = (
        Wrong("adamax(lr=-1)", code="E224", says="a number of at least 0, found -1"),
        Wrong("adamax(beta2=1)", code="E224", says="a number of at least 0 and below 1, found 1"),
    )

    def slots(self) -> tuple[str, ...]:
        return ("mean", "largest")

    def update(
        self, g: Builder, parameter: Value, gradient: Value, state: tuple[Value, ...], rate: Value, time: Value
    ) -> tuple[Value, tuple[Value, ...]]:
        gradient = decayed(g, gradient, parameter, self.weight_decay)
        mean = g.Add(g.Mul(state[0], self.beta1), g.Mul(gradient, 1.0 - self.beta1))
        largest = g.Max(g.Mul(state[1], self.beta2), g.Add(g.Abs(gradient), self.epsilon))
        size = g.Div(rate, one_minus_power(g, self.beta1, time))
        return g.Sub(parameter, g.Mul(g.Div(mean, largest), size)), (mean, largest)

    def torch(self, torch: Any, parameters: Any) -> Any:
        return torch.optim.Adamax(
            parameters,
            lr=self.lr,
            betas=(self.beta1, self.beta2),
            eps=self.epsilon,
            weight_decay=self.weight_decay,
        )
