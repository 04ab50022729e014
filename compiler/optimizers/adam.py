"""Adam."""

from __future__ import annotations

import math
from typing import Any

from netc.compiler.declare.arguments import Real, argument
from netc.compiler.declare.samples import Call, Wrong
from netc.compiler.ir import Builder, Value
from netc.compiler.optimizers.base import Optimizer, optimizer


class AdamLike(Optimizer):
    """What Adam and AdamW share: the arguments, the state and the step without weight decay."""

    lr: float = argument(Real(0), "the learning rate", default=1e-3)
    beta1: float = argument(Real(0, 1, open_high=True), "how much of the gradients' mean is kept", default=0.9)
    beta2: float = argument(Real(0, 1, open_high=True), "how much of the squares' mean is kept", default=0.999)
    epsilon: float = argument(Real(0), "added to the square root", default=1e-8)
    weight_decay: float

    def slots(self) -> tuple[str, ...]:
        return ("mean", "square")

    def step(
        self, g: Builder, parameter: Value, gradient: Value, state: tuple[Value, ...], rate: Value, time: Value
    ) -> tuple[Value, tuple[Value, ...]]:
        """m = beta1 * m + (1 - beta1) * g;  v = beta2 * v + (1 - beta2) * g**2;
        w = w - lr / (1 - beta1**t) * m / (sqrt(v / (1 - beta2**t)) + epsilon)."""
        mean = g.Add(g.Mul(state[0], self.beta1), g.Mul(gradient, 1.0 - self.beta1))
        square = g.Add(g.Mul(state[1], self.beta2), g.Mul(g.Mul(gradient, gradient), 1.0 - self.beta2))
        size = g.Div(rate, one_minus_power(g, self.beta1, time))
        spread = g.Sqrt(one_minus_power(g, self.beta2, time))
        direction = g.Div(mean, g.Add(g.Div(g.Sqrt(square), spread), self.epsilon))
        return g.Sub(parameter, g.Mul(direction, size)), (mean, square)

    def torch_settings(self) -> dict[str, Any]:
        """The arguments as PyTorch calls them."""
        betas = (self.beta1, self.beta2)
        return {"lr": self.lr, "betas": betas, "eps": self.epsilon, "weight_decay": self.weight_decay}


@optimizer("adam")
class Adam(AdamLike):
    """Steps by the gradients' mean over the root of their squares' mean (Kingma & Ba 2014, arXiv:1412.6980).

    m = beta1 * m + (1 - beta1) * g;  v = beta2 * v + (1 - beta2) * g**2;
    w = w - lr / (1 - beta1**t) * m / (sqrt(v / (1 - beta2**t)) + epsilon), t from 1, m and v from 0. As PyTorch's Adam.
    Weight decay adds weight_decay * w to g before all that; for weight decay apart from the gradient take `adamw`.
    """

    weight_decay: float = argument(
        Real(0), "how strongly weights are drawn to zero, as part of the gradient", default=0.0
    )

    samples = (
        Call("adam"),
        Call("adam(beta1=0)"),
        Call("adam(beta1=0.5, beta2=0.99, epsilon=1e-3)"),
        Call("adam(1.5e-3, weight_decay=0.05)"),
    )
    errors = (
        Wrong("adam(lr=-1)", code="E224", says="a number of at least 0, found -1"),
        Wrong("adam(beta2=1)", code="E224", says="a number of at least 0 and below 1, found 1"),
        Wrong("adam(momentum=0.9)", code="E220", says="`adam` has no argument `momentum`"),
    )

    def update(
        self, g: Builder, parameter: Value, gradient: Value, state: tuple[Value, ...], rate: Value, time: Value
    ) -> tuple[Value, tuple[Value, ...]]:
        if self.weight_decay:
            gradient = g.Add(gradient, g.Mul(parameter, self.weight_decay))
        return self.step(g, parameter, gradient, state, rate, time)

    def torch(self, torch: Any, parameters: Any) -> Any:
        return torch.optim.Adam(parameters, **self.torch_settings())


def one_minus_power(g: Builder, beta: float, time: Value) -> Value:
    """1 - beta**t, exact to the last bits in float32 also where beta**t is near 1.

    1 - exp(-2u) = 2 tanh(u) / (1 + tanh(u)) with u = -t ln(beta) / 2 subtracts nothing.
    """
    if beta == 0.0:
        return g.Add(g.Mul(time, 0.0), 1.0)
    tanh = g.Tanh(g.Mul(time, -0.5 * math.log(beta)))
    return g.Div(g.Mul(tanh, 2.0), g.Add(tanh, 1.0))
