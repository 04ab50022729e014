"""Adam."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.arguments import Boolean, Real, argument
from netc.compiler.declare.samples import Call, Wrong
from netc.compiler.ir import Builder, Value
from netc.compiler.optimizers.base import DECAY_IN_GRADIENT, Optimizer, decayed, optimizer
from netc.compiler.optimizers.bias import one_minus_power


class AdamLike(Optimizer):
    """What Adam's descendants share: the arguments, the means of gradients and of their squares."""

    lr: float = argument(Real(0), "the learning rate", default=1e-3)
    beta1: float = argument(Real(0, 1, open_high=True), "how much of the gradients' mean is kept", default=0.9)
    beta2: float = argument(Real(0, 1, open_high=True), "how much of the squares' mean is kept", default=0.999)
    epsilon: float = argument(Real(0), "added to the square root", default=1e-8)
    weight_decay: float

    def slots(self) -> tuple[str, ...]:
        return ("mean", "square")

    def means(self, g: Builder, gradient: Value, state: tuple[Value, ...]) -> tuple[Value, Value]:
        """m = beta1 * m + (1 - beta1) * g;  v = beta2 * v + (1 - beta2) * g**2, both from 0."""
        mean = g.Add(g.Mul(state[0], self.beta1), g.Mul(gradient, 1.0 - self.beta1))
        square = g.Add(g.Mul(state[1], self.beta2), g.Mul(g.Mul(gradient, gradient), 1.0 - self.beta2))
        return mean, square

    def root(self, g: Builder, square: Value, time: Value) -> Value:
        """sqrt(v / (1 - beta2**t)) + epsilon."""
        spread = g.Sqrt(one_minus_power(g, self.beta2, time))
        return g.Add(g.Div(g.Sqrt(square), spread), self.epsilon)

    def torch_settings(self) -> dict[str, Any]:
        """The arguments as PyTorch calls them."""
        betas = (self.beta1, self.beta2)
        return {"lr": self.lr, "betas": betas, "eps": self.epsilon, "weight_decay": self.weight_decay}


class AdamStep(AdamLike):
    """What Adam and AdamW share: the step without weight decay."""

    amsgrad: bool

    def slots(self) -> tuple[str, ...]:
        return ("mean", "square", *(["largest"] if self.amsgrad else []))

    def step(
        self, g: Builder, parameter: Value, gradient: Value, state: tuple[Value, ...], rate: Value, time: Value
    ) -> tuple[Value, tuple[Value, ...]]:
        """w = w - lr / (1 - beta1**t) * m / (sqrt(v / (1 - beta2**t)) + epsilon)."""
        mean, square = self.means(g, gradient, state)
        measure = g.Max(state[2], square) if self.amsgrad else square
        size = g.Div(rate, one_minus_power(g, self.beta1, time))
        direction = g.Div(mean, self.root(g, measure, time))
        return g.Sub(parameter, g.Mul(direction, size)), (mean, square, measure)[: len(state)]

    def torch_settings(self) -> dict[str, Any]:
        return {**super().torch_settings(), "amsgrad": self.amsgrad}


AMSGRAD: Any = argument(
    Boolean(), "whether the largest mean of squares counts (Reddi et al. 2018, arXiv:1904.09237)", default=False
)


@optimizer("adam")
class Adam(AdamStep):
    """Steps by the gradients' mean over the root of their squares' mean (Kingma & Ba 2014, arXiv:1412.6980).

    m = beta1 * m + (1 - beta1) * g;  v = beta2 * v + (1 - beta2) * g**2;
    w = w - lr / (1 - beta1**t) * m / (sqrt(v / (1 - beta2**t)) + epsilon), t from 1, m and v from 0. As PyTorch's Adam.
    Weight decay adds weight_decay * w to g before all that; for weight decay apart from the gradient take `adamw`.
    Keras has epsilon = 1e-7 and adds it before the bias of v is corrected.
    """

    weight_decay: float = DECAY_IN_GRADIENT
    amsgrad: bool = AMSGRAD

    samples = (
        Call("adam"),
        Call("adam(beta1=0)"),
        Call("adam(beta1=0.5, beta2=0.99, epsilon=1e-3)"),
        Call("adam(1.5e-3, weight_decay=0.05)"),
        Call("adam(beta2=0.5, amsgrad=true)"),
    )
    errors = (
        Wrong("adam(lr=-1)", code="E224", says="a number of at least 0, found -1"),
        Wrong("adam(beta2=1)", code="E224", says="a number of at least 0 and below 1, found 1"),
        Wrong("adam(momentum=0.9)", code="E220", says="`adam` has no argument `momentum`"),
    )

    def update(
        self, g: Builder, parameter: Value, gradient: Value, state: tuple[Value, ...], rate: Value, time: Value
    ) -> tuple[Value, tuple[Value, ...]]:
        gradient = decayed(g, gradient, parameter, self.weight_decay)
        return self.step(g, parameter, gradient, state, rate, time)

    def torch(self, torch: Any, parameters: Any) -> Any:
        return torch.optim.Adam(parameters, **self.torch_settings())
