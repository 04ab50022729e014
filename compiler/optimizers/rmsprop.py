"""RMSprop."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.arguments import Boolean, Real, argument
from netc.compiler.declare.samples import Call, Wrong
from netc.compiler.ir import Builder, Value
from netc.compiler.optimizers.base import DECAY_IN_GRADIENT, Optimizer, decayed, optimizer


@optimizer("rmsprop")
class RMSprop(Optimizer):
    """Steps by the gradient over the root of its running mean square (Tieleman & Hinton 2012, lecture 6.5).

    s = rho * s + (1 - rho) * g**2;  w = w - lr * g / (sqrt(s) + epsilon), s from 0. With `centered` the running mean m
    of the gradients is taken off: sqrt(s - m**2). With momentum: v = momentum * v + g / (sqrt(s) + epsilon),
    w = w - lr * v, v from 0.
    As PyTorch's RMSprop. Keras has rho = 0.9, adds epsilon (1e-7) inside the root, and puts lr into v.
    """

    also = ("rms_prop", "RMSpropTF")

    lr: float = argument(Real(0), "the learning rate", default=1e-2)
    rho: float = argument(Real(0, 1, open_high=True), "how much of the squares' mean is kept", default=0.99)
    momentum: float = argument(Real(0, 1, open_high=True), "how much of the last move is kept", default=0.0)
    centered: bool = argument(Boolean(), "whether the gradients' variance stands for their square", default=False)
    epsilon: float = argument(Real(0), "added to the square root", default=1e-8)
    weight_decay: float = DECAY_IN_GRADIENT

    samples = (
        Call("rmsprop"),
        Call("rmsprop(1e-3, 0.9, momentum=0.9)"),
        Call("rmsprop(centered=true, epsilon=1e-3)"),
        Call("rmsprop(0.02, rho=0.5, momentum=0.5, centered=true, epsilon=1e-2, weight_decay=0.05)"),
    )
    errors = (
        Wrong("rmsprop(lr=-1)", code="E224", says="a number of at least 0, found -1"),
        Wrong("rmsprop(rho=1)", code="E224", says="a number of at least 0 and below 1, found 1"),
    )

    def slots(self) -> tuple[str, ...]:
        return ("square", *(["mean"] if self.centered else []), *(["momentum"] if self.momentum else []))

    def update(
        self, g: Builder, parameter: Value, gradient: Value, state: tuple[Value, ...], rate: Value, time: Value
    ) -> tuple[Value, tuple[Value, ...]]:
        gradient = decayed(g, gradient, parameter, self.weight_decay)
        held = dict(zip(self.slots(), state, strict=True))
        spread = held["square"] = g.Add(
            g.Mul(held["square"], self.rho), g.Mul(g.Mul(gradient, gradient), 1.0 - self.rho)
        )
        if self.centered:
            mean = held["mean"] = g.Add(g.Mul(held["mean"], self.rho), g.Mul(gradient, 1.0 - self.rho))
            spread = g.Max(g.Sub(spread, g.Mul(mean, mean)), 0.0)
        move = g.Div(gradient, g.Add(g.Sqrt(spread), self.epsilon))
        if self.momentum:
            move = held["momentum"] = g.Add(g.Mul(held["momentum"], self.momentum), move)
        return g.Sub(parameter, g.Mul(move, rate)), tuple(held.values())

    def torch(self, torch: Any, parameters: Any) -> Any:
        return torch.optim.RMSprop(
            parameters,
            lr=self.lr,
            alpha=self.rho,
            eps=self.epsilon,
            weight_decay=self.weight_decay,
            momentum=self.momentum,
            centered=self.centered,
        )
