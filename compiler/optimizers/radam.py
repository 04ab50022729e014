"""Rectified Adam."""

from __future__ import annotations

import math
from typing import Any

from netc.compiler.declare.samples import Call, Wrong
from netc.compiler.ir import Builder, Value
from netc.compiler.optimizers.adam import AdamLike
from netc.compiler.optimizers.base import DECAY_IN_GRADIENT, decayed, optimizer
from netc.compiler.optimizers.bias import one_minus_power

FEWEST = 5.0
"""The length of the average below which a variance is not to be trusted."""


@optimizer("radam")
class RAdam(AdamLike):
    """Adam whose first steps wait until the squares' mean can be trusted (Liu et al. 2019, arXiv:1908.03265).

    Adam's m and v; r_t = r - 2 t * beta2**t / (1 - beta2**t), r = 2 / (1 - beta2) - 1. Where r_t > 5 the step is
    lr * c * m / (1 - beta1**t) * sqrt(1 - beta2**t) / (sqrt(v) + epsilon),
    c = sqrt((r_t - 4) (r_t - 2) r / ((r - 4) (r - 2) r_t)); else it is lr * m / (1 - beta1**t). As PyTorch's RAdam.
    """

    also = ("RectifiedAdam",)

    weight_decay: float = DECAY_IN_GRADIENT

    samples = (
        Call("radam"),
        Call("radam(beta1=0.5, beta2=0.6)"),
        Call("radam(beta2=0.9, epsilon=1e-3)"),
        Call("radam(1.5e-3, beta2=0.95, weight_decay=0.05)"),
    )
    errors = (
        Wrong("radam(lr=-1)", code="E224", says="a number of at least 0, found -1"),
        Wrong("radam(beta2=1)", code="E224", says="a number of at least 0 and below 1, found 1"),
    )

    def update(
        self, g: Builder, parameter: Value, gradient: Value, state: tuple[Value, ...], rate: Value, time: Value
    ) -> tuple[Value, tuple[Value, ...]]:
        gradient = decayed(g, gradient, parameter, self.weight_decay)
        mean, square = self.means(g, gradient, state)
        size = g.Div(rate, one_minus_power(g, self.beta1, time))
        longest = 2.0 / (1.0 - self.beta2) - 1.0
        if longest > FEWEST:
            length = self._length(g, longest, time)
            trusted = g.Greater(length, FEWEST)
            safe = g.Where(trusted, length, longest)
            ratio = g.Div(g.Mul(g.Sub(safe, 4.0), g.Sub(safe, 2.0)), safe)
            ratio = g.Mul(ratio, longest / ((longest - 4.0) * (longest - 2.0)))
            factor = g.Mul(g.Sqrt(ratio), g.Sqrt(one_minus_power(g, self.beta2, time)))
            mean_or_step = g.Where(trusted, g.Div(g.Mul(mean, factor), g.Add(g.Sqrt(square), self.epsilon)), mean)
            return g.Sub(parameter, g.Mul(mean_or_step, size)), (mean, square)
        return g.Sub(parameter, g.Mul(mean, size)), (mean, square)

    def _length(self, g: Builder, longest: float, time: Value) -> Value:
        """r_t, which as it is written is the small difference of two large numbers.

        With u = -t ln(beta2) it is r + 2 / ln(beta2) * (1 - h(u)), where h(u) = 1 - u / (exp(u) - 1) is a power series
        for small u (with Bernoulli's numbers), and 1 + u / 2 - u / 2 / tanh(u / 2) for others.
        """
        fall = -math.log(self.beta2)
        u = g.Mul(time, fall)
        square = g.Mul(u, u)
        series = g.Mul(square, -1 / 1_209_600)
        for coefficient in (1 / 30_240, -1 / 720):
            series = g.Mul(g.Add(series, coefficient), square)
        small = g.Mul(u, g.Sub(0.5, g.Mul(u, g.Add(series, 1 / 12))))
        half = g.Mul(u, 0.5)
        large = g.Add(g.Sub(half, g.Div(half, g.Tanh(half))), 1.0)
        return g.Add(g.Mul(g.Where(g.Less(u, 1.0), small, large), 2.0 / fall), longest - 2.0 / fall)

    def torch(self, torch: Any, parameters: Any) -> Any:
        return torch.optim.RAdam(parameters, **self.torch_settings())
