"""Lion."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.arguments import Real, argument
from netc.compiler.declare.samples import Call, Wrong
from netc.compiler.ir import Builder, Value
from netc.compiler.optimizers.base import DECAY_APART, Optimizer, optimizer, shrunk


@optimizer("lion")
class Lion(Optimizer):
    """Steps of one size, whose sign a mean of gradients gives (Chen et al. 2023, arXiv:2302.06675).

    w = w - lr * weight_decay * w - lr * sign(beta1 * m + (1 - beta1) * g);  m = beta2 * m + (1 - beta2) * g, m from 0.
    As in the paper and in Keras; it wants a learning rate 3 to 10 times smaller than Adam's.
    """

    lr: float = argument(Real(0), "the learning rate: the size of every step", default=1e-4)
    beta1: float = argument(Real(0, 1, open_high=True), "how much of the mean decides the step", default=0.9)
    beta2: float = argument(Real(0, 1, open_high=True), "how much of the gradients' mean is kept", default=0.99)
    weight_decay: float = DECAY_APART

    samples = (
        Call("lion(lr=1e-3)"),
        Call("lion(1e-2, beta1=0.5, beta2=0.8)"),
        Call("lion(3e-3, weight_decay=0.1)"),
    )
    errors = (
        Wrong("lion(lr=-1)", code="E224", says="a number of at least 0, found -1"),
        Wrong("lion(beta1=1)", code="E224", says="a number of at least 0 and below 1, found 1"),
    )
    torch_lacks = "PyTorch has no Lion"

    def slots(self) -> tuple[str, ...]:
        return ("mean",)

    def update(
        self, g: Builder, parameter: Value, gradient: Value, state: tuple[Value, ...], rate: Value, time: Value
    ) -> tuple[Value, tuple[Value, ...]]:
        direction = g.Sign(g.Add(g.Mul(state[0], self.beta1), g.Mul(gradient, 1.0 - self.beta1)))
        mean = g.Add(g.Mul(state[0], self.beta2), g.Mul(gradient, 1.0 - self.beta2))
        parameter = shrunk(g, parameter, rate, self.weight_decay)
        return g.Sub(parameter, g.Mul(direction, rate)), (mean,)

    def formula(
        self, parameter: Any, gradient: Any, state: tuple[Any, ...], rate: float, time: int
    ) -> tuple[Any, tuple[Any, ...]]:
        (mean,) = state
        mixed = mean + (1 - self.beta1) * (gradient - mean)
        direction = (mixed > 0).astype(mixed.dtype) - (mixed < 0)
        moved = parameter - rate * (direction + self.weight_decay * parameter)
        return moved, (mean + (1 - self.beta2) * (gradient - mean),)
