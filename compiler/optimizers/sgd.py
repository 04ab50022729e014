"""Stochastic gradient descent."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.arguments import Boolean, Real, argument
from netc.compiler.declare.samples import Call, Wrong
from netc.compiler.ir import Builder, Value
from netc.compiler.optimizers.base import Optimizer, optimizer


@optimizer("sgd")
class SGD(Optimizer):
    """w = w - lr * g; with momentum: v = momentum * v + g, w = w - lr * v, v from 0. As PyTorch's SGD.

    Nesterov's form moves by g + momentum * v instead of v. Weight decay adds weight_decay * w to g before all that
    (Sutskever et al. 2013).
    """

    also = ("momentum_sgd", "gradient_descent")

    lr: float = argument(Real(0), "the learning rate")
    momentum: float = argument(Real(0, 1, open_high=True), "how much of the last move is kept", default=0.0)
    nesterov: bool = argument(Boolean(), "whether to look ahead along the momentum", default=False)
    weight_decay: float = argument(
        Real(0), "how strongly weights are drawn to zero, as part of the gradient", default=0.0
    )

    samples = (
        Call("sgd(lr=0.1)"),
        Call("sgd(0.1, weight_decay=0.01)"),
        Call("sgd(0.1, 0.9)"),
        Call("sgd(0.1, momentum=0.9, nesterov=true, weight_decay=0.01)"),
    )
    errors = (
        Wrong("sgd", code="E223", says="`sgd` needs `lr`"),
        Wrong("sgd(lr=-1)", code="E224", says="a number of at least 0, found -1"),
        Wrong("sgd(lr=0.1, momentum=1)", code="E224", says="a number of at least 0 and below 1, found 1"),
        Wrong("sgd(lr=0.1, nesterov=true)", code="E224", says="`nesterov` of `sgd` needs a momentum"),
    )

    def conflict(self) -> tuple[str, str, str] | None:
        if self.nesterov and not self.momentum:
            return "nesterov", "`nesterov` of `sgd` needs a momentum", "give one, such as `momentum=0.9`"
        return None

    def slots(self) -> tuple[str, ...]:
        return ("momentum",) if self.momentum else ()

    def update(
        self, g: Builder, parameter: Value, gradient: Value, state: tuple[Value, ...], rate: Value, time: Value
    ) -> tuple[Value, tuple[Value, ...]]:
        move = gradient
        if self.weight_decay:
            move = g.Add(move, g.Mul(parameter, self.weight_decay))
        if self.momentum:
            velocity = g.Add(g.Mul(state[0], self.momentum), move)
            move = g.Add(move, g.Mul(velocity, self.momentum)) if self.nesterov else velocity
            state = (velocity,)
        return g.Sub(parameter, g.Mul(move, rate)), state

    def torch(self, torch: Any, parameters: Any) -> Any:
        return torch.optim.SGD(parameters, **self.settings())
