"""Adam with decoupled weight decay."""

from __future__ import annotations

from netc.compiler.declare.arguments import Real, argument
from netc.compiler.ir import Builder, Value
from netc.compiler.optimizers.adam import AdamLike
from netc.compiler.optimizers.base import optimizer


@optimizer("adamw")
class AdamW(AdamLike):
    """Adam whose weight decay doesn't pass through the gradient (Loshchilov & Hutter 2017, arXiv:1711.05101).

    w = w - lr * weight_decay * w, then Adam's step. As PyTorch's AdamW; every parameter decays, biases too.
    """

    weight_decay: float = argument(Real(0), "the share of each weight, times lr, that a step takes off", default=0.01)

    def update(
        self, g: Builder, parameter: Value, gradient: Value, state: tuple[Value, ...], rate: Value, time: Value
    ) -> tuple[Value, tuple[Value, ...]]:
        if self.weight_decay:
            parameter = g.Mul(parameter, g.Sub(1.0, g.Mul(rate, self.weight_decay)))
        return self.step(g, parameter, gradient, state, rate, time)
