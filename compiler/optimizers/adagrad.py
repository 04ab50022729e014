"""Adagrad."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.arguments import Real, argument
from netc.compiler.declare.samples import Call, Wrong
from netc.compiler.ir import Builder, Value
from netc.compiler.optimizers.base import DECAY_IN_GRADIENT, Optimizer, decayed, optimizer


@optimizer("adagrad")
class Adagrad(Optimizer):
    """Steps by the gradient over the root of the sum of all its squares (Duchi et al. 2011).

    s = s + g**2;  w = w - lr / (1 + (t - 1) * lr_decay) * g / (sqrt(initial + s) + epsilon), t from 1, s from 0.
    As PyTorch's Adagrad. Keras starts with initial = 0.1 and adds epsilon (1e-7) inside the root.
    """

    also = ("ada_grad",)

    lr: float = argument(Real(0), "the learning rate", default=1e-2)
    lr_decay: float = argument(Real(0), "how fast the rate falls with the number of steps", default=0.0)
    initial: float = argument(Real(0), "what the sum of squares starts from", default=0.0)
    epsilon: float = argument(Real(0), "added to the square root", default=1e-10)
    weight_decay: float = DECAY_IN_GRADIENT

    samples = (
        Call("adagrad"),
        Call("adagrad(0.1, lr_decay=0.2)"),
        Call("adagrad(initial=0.1, epsilon=1e-3, weight_decay=0.05)"),
    )
    errors = (
        Wrong("adagrad(lr=-1)", code="E224", says="a number of at least 0, found -1"),
        Wrong("adagrad(initial=-0.1)", code="E224", says="a number of at least 0, found -0.1"),
    )

    def slots(self) -> tuple[str, ...]:
        return ("square",)

    def update(
        self, g: Builder, parameter: Value, gradient: Value, state: tuple[Value, ...], rate: Value, time: Value
    ) -> tuple[Value, tuple[Value, ...]]:
        gradient = decayed(g, gradient, parameter, self.weight_decay)
        square = g.Add(state[0], g.Mul(gradient, gradient))
        spread = g.Add(square, self.initial) if self.initial else square
        move = g.Div(gradient, g.Add(g.Sqrt(spread), self.epsilon))
        if self.lr_decay:
            rate = g.Div(rate, g.Add(g.Mul(g.Sub(time, 1.0), self.lr_decay), 1.0))
        return g.Sub(parameter, g.Mul(move, rate)), (square,)

    def torch(self, torch: Any, parameters: Any) -> Any:
        return torch.optim.Adagrad(
            parameters,
            lr=self.lr,
            lr_decay=self.lr_decay,
            weight_decay=self.weight_decay,
            initial_accumulator_value=self.initial,
            eps=self.epsilon,
        )
