"""LAMB."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.samples import Call, Wrong
from netc.compiler.ir import Builder, Value
from netc.compiler.optimizers.adam import AdamLike
from netc.compiler.optimizers.base import DECAY_APART, optimizer
from netc.compiler.optimizers.bias import one_minus_power


@optimizer("lamb")
class LAMB(AdamLike):
    """Adam whose step is as long as the weight it moves, for large batches (You et al. 2019, arXiv:1904.00962).

    Adam's m and v; d = m / (1 - beta1**t) / (sqrt(v / (1 - beta2**t)) + epsilon) + weight_decay * w;
    w = w - lr * |w| / |d| * d, with norms over the whole parameter, and 1 for the quotient where one of them is 0.
    Keras has epsilon = 1e-7 and decays weights apart from d.
    """

    weight_decay: float = DECAY_APART

    samples = (
        Call("lamb(lr=1e-2)"),
        Call("lamb(0.1, beta1=0.5, beta2=0.9, epsilon=1e-3)"),
        Call("lamb(lr=1e-2, weight_decay=0.1)"),
    )
    errors = (
        Wrong("lamb(lr=-1)", code="E224", says="a number of at least 0, found -1"),
        Wrong("lamb(beta1=1)", code="E224", says="a number of at least 0 and below 1, found 1"),
    )
    torch_lacks = "PyTorch has no LAMB"

    def update(
        self, g: Builder, parameter: Value, gradient: Value, state: tuple[Value, ...], rate: Value, time: Value
    ) -> tuple[Value, tuple[Value, ...]]:
        mean, square = self.means(g, gradient, state)
        direction = g.Div(g.Div(mean, self.root(g, square, time)), one_minus_power(g, self.beta1, time))
        if self.weight_decay:
            direction = g.Add(direction, g.Mul(parameter, self.weight_decay))
        weight, move = _norm(g, parameter), _norm(g, direction)
        both = g.And(g.Greater(weight, 0.0), g.Greater(move, 0.0))
        trust = g.Where(both, g.Div(weight, g.Where(both, move, 1.0)), 1.0)
        return g.Sub(parameter, g.Mul(direction, g.Mul(rate, trust))), (mean, square)

    def formula(
        self, parameter: Any, gradient: Any, state: tuple[Any, ...], rate: float, time: int
    ) -> tuple[Any, tuple[Any, ...]]:
        mean, square = state
        mean = mean + (1 - self.beta1) * (gradient - mean)
        square = square + (1 - self.beta2) * (gradient**2 - square)
        unbiased = mean / (1 - self.beta1**time), square / (1 - self.beta2**time)
        move = unbiased[0] / (unbiased[1] ** 0.5 + self.epsilon) + self.weight_decay * parameter
        lengths = (parameter**2).sum() ** 0.5, (move**2).sum() ** 0.5
        trust = lengths[0] / lengths[1] if all(lengths) else 1.0
        return parameter - rate * trust * move, (mean, square)


def _norm(g: Builder, x: Value) -> Value:
    return g.Sqrt(g.ReduceSum(g.Mul(x, x), axes=tuple(range(x.rank))))
