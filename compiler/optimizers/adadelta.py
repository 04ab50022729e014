"""Adadelta."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.arguments import Real, argument
from netc.compiler.declare.samples import Call, Wrong
from netc.compiler.ir import Builder, Value
from netc.compiler.optimizers.base import DECAY_IN_GRADIENT, Optimizer, decayed, optimizer


@optimizer("adadelta")
class Adadelta(Optimizer):
    """Steps whose size follows that of the last steps (Zeiler 2012, arXiv:1212.5701).

    s = rho * s + (1 - rho) * g**2;  d = g * sqrt(u + epsilon) / sqrt(s + epsilon);  u = rho * u + (1 - rho) * d**2;
    w = w - lr * d, s and u from 0. As PyTorch's Adadelta. Keras has lr = 0.001, rho = 0.95 and epsilon = 1e-7.
    """

    also = ("ada_delta",)

    lr: float = argument(Real(0), "what each step is multiplied by", default=1.0)
    rho: float = argument(Real(0, 1, open_high=True), "how much of the means of squares is kept", default=0.9)
    epsilon: float = argument(Real(0, open_low=True), "added under both roots", default=1e-6)
    weight_decay: float = DECAY_IN_GRADIENT

    samples = (
        Call("adadelta"),
        Call("adadelta(0.5, rho=0.95, epsilon=1e-3)"),
        Call("adadelta(epsilon=1e-2, weight_decay=0.05)"),
    )
    errors = (
        Wrong("adadelta(lr=-1)", code="E224", says="a number of at least 0, found -1"),
        Wrong("adadelta(epsilon=0)", code="E224", says="a number above 0, found 0"),
    )

    def slots(self) -> tuple[str, ...]:
        return ("square", "move")

    def update(
        self, g: Builder, parameter: Value, gradient: Value, state: tuple[Value, ...], rate: Value, time: Value
    ) -> tuple[Value, tuple[Value, ...]]:
        gradient = decayed(g, gradient, parameter, self.weight_decay)
        square = g.Add(g.Mul(state[0], self.rho), g.Mul(g.Mul(gradient, gradient), 1.0 - self.rho))
        size = g.Div(g.Sqrt(g.Add(state[1], self.epsilon)), g.Sqrt(g.Add(square, self.epsilon)))
        move = g.Mul(gradient, size)
        moves = g.Add(g.Mul(state[1], self.rho), g.Mul(g.Mul(move, move), 1.0 - self.rho))
        return g.Sub(parameter, g.Mul(move, rate)), (square, moves)

    def torch(self, torch: Any, parameters: Any) -> Any:
        return torch.optim.Adadelta(
            parameters, lr=self.lr, rho=self.rho, eps=self.epsilon, weight_decay=self.weight_decay
        )
