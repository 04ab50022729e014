"""Adam with decoupled weight decay."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.arguments import Real, argument
from netc.compiler.declare.samples import Call, Wrong
from netc.compiler.ir import Builder, Value
from netc.compiler.optimizers.adam import AMSGRAD, AdamStep
from netc.compiler.optimizers.base import optimizer, shrunk


@optimizer("adamw")
class AdamW(AdamStep):
    """Adam whose weight decay doesn't pass through the gradient (Loshchilov & Hutter 2017, arXiv:1711.05101).

    w = w - lr * weight_decay * w, then Adam's step. As PyTorch's AdamW; every parameter decays, biases too.
    """

    also = ("adam_w", "AdamWeightDecay")

    weight_decay: float = argument(Real(0), "the share of each weight, times lr, that a step takes off", default=0.01)
    amsgrad: bool = AMSGRAD

    samples = (
        Call("adamw"),
        Call("adamw(weight_decay=0)"),
        Call("adamw(1.5e-3, 0.8, 0.99, 1e-6, weight_decay=0.3)"),
        Call("adamw(beta2=0.5, amsgrad=true)"),
    )
    errors = (
        Wrong("adamw(lr=-1)", code="E224", says="a number of at least 0, found -1"),
        Wrong("adamw(weight_decay=-0.1)", code="E224", says="a number of at least 0, found -0.1"),
    )

    def update(
        self, g: Builder, parameter: Value, gradient: Value, state: tuple[Value, ...], rate: Value, time: Value
    ) -> tuple[Value, tuple[Value, ...]]:
        parameter = shrunk(g, parameter, rate, self.weight_decay)
        return self.step(g, parameter, gradient, state, rate, time)

    def torch(self, torch: Any, parameters: Any) -> Any:
        return torch.optim.AdamW(parameters, **self.torch_settings())
