"""Adam with Nesterov's momentum."""

from __future__ import annotations

import math
from typing import Any

from netc.compiler.declare.arguments import Real, argument
from netc.compiler.declare.samples import Call, Wrong
from netc.compiler.ir import Builder, Value
from netc.compiler.optimizers.adam import AdamLike
from netc.compiler.optimizers.base import DECAY_IN_GRADIENT, decayed, optimizer
from netc.compiler.optimizers.bias import one_minus_exponential

FADING = 0.96
"""What the paper's momentum fades by."""

TERMS = 30
"""Of a series of halves: the rest is 2**-30."""


@optimizer("nadam")
class NAdam(AdamLike):
    """Adam that looks ahead along its momentum (Dozat 2016, Incorporating Nesterov momentum into Adam).

    Adam's m and v, and a momentum that warms up: u_t = beta1 * (1 - 0.96**(t * momentum_decay) / 2), P_t = u_1 … u_t;
    w = w - lr * ((1 - u_t) / (1 - P_t) * g + u_{t+1} / (1 - P_{t+1}) * m) / (sqrt(v / (1 - beta2**t)) + epsilon).
    As PyTorch's NAdam. Keras has lr = 0.001, epsilon = 1e-7 and momentum_decay = 1.
    """

    also = ("nesterov_adam",)

    lr: float = argument(Real(0), "the learning rate", default=2e-3)
    momentum_decay: float = argument(Real(0), "how fast the momentum warms up", default=4e-3)
    weight_decay: float = DECAY_IN_GRADIENT

    samples = (
        Call("nadam"),
        Call("nadam(beta1=0)"),
        Call("nadam(beta1=0.5, beta2=0.99, epsilon=1e-3, momentum_decay=0)"),
        Call("nadam(1e-3, momentum_decay=0.1, weight_decay=0.05)"),
    )
    errors = (
        Wrong("nadam(lr=-1)", code="E224", says="a number of at least 0, found -1"),
        Wrong("nadam(momentum_decay=-1)", code="E224", says="a number of at least 0, found -1"),
    )

    def update(
        self, g: Builder, parameter: Value, gradient: Value, state: tuple[Value, ...], rate: Value, time: Value
    ) -> tuple[Value, tuple[Value, ...]]:
        gradient = decayed(g, gradient, parameter, self.weight_decay)
        mean, square = self.means(g, gradient, state)
        following = g.Add(time, 1.0)
        ahead, behind = self._share(g, following), g.Sub(1.0, self._share(g, time))
        ahead = g.Div(ahead, g.Sub(1.0, self._product(g, following)))
        behind = g.Div(behind, g.Sub(1.0, self._product(g, time)))
        move = g.Add(g.Mul(gradient, behind), g.Mul(mean, ahead))
        return g.Sub(parameter, g.Mul(g.Div(move, self.root(g, square, time)), rate)), (mean, square)

    def _share(self, g: Builder, time: Value) -> Value:
        """u_t."""
        fading = g.Exp(g.Mul(time, self.momentum_decay * math.log(FADING)))
        return g.Sub(self.beta1, g.Mul(fading, self.beta1 / 2))

    def _product(self, g: Builder, time: Value) -> Value:
        """P_t, without a state: with q = 0.96**momentum_decay its logarithm is t ln(beta1) plus the sum over i of
        ln(1 - q**i / 2), which is minus the sum over k of (1/2)**k / k * (q**k + q**2k + … + q**tk), a geometric one.
        """
        if self.beta1 == 0.0:
            return g.Mul(time, 0.0)
        if self.momentum_decay == 0.0:
            return g.Exp(g.Mul(time, math.log(self.beta1 / 2)))
        fall = -self.momentum_decay * math.log(FADING)
        factors = [0.5**k / k / math.expm1(k * fall) for k in range(1, TERMS + 1)]
        powers = one_minus_exponential(g, g.Mul(g.constant([k * fall for k in range(1, TERMS + 1)]), time))
        series = g.ReduceSum(g.Mul(powers, g.constant(factors)), axes=(0,))
        return g.Exp(g.Sub(g.Mul(time, math.log(self.beta1)), series))

    def torch(self, torch: Any, parameters: Any) -> Any:
        return torch.optim.NAdam(parameters, **self.torch_settings(), momentum_decay=self.momentum_decay)
