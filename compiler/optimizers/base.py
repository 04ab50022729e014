"""What an optimizer declares: its state for each parameter, one update as a graph, and what that is compared with."""

from __future__ import annotations

from typing import Any, ClassVar

from netc.compiler.declare.arguments import Real, argument
from netc.compiler.declare.declared import Declared, Registry, says
from netc.compiler.declare.samples import Call, Wrong
from netc.compiler.ir import Builder, Value

DECAY_IN_GRADIENT: Any = argument(
    Real(0), "how strongly weights are drawn to zero, as part of the gradient", default=0.0
)
"""The argument of optimizers whose gradient `decayed` changes: `weight_decay: float = DECAY_IN_GRADIENT`."""

DECAY_APART: Any = argument(Real(0), "the share of each weight, times lr, that a step takes off", default=0.0)
"""The argument of optimizers that decay weights apart from the gradient, by `shrunk`."""


class Optimizer(Declared):
    """Base of every optimizer. Every one has the argument `lr`, the base learning rate that the schedule scales.

    samples      calls whose steps the tests compare with PyTorch's; together they use every argument
    errors       at least one call that is refused
    torch_lacks  why PyTorch has no such optimizer; then `formula` says what the steps are compared with
    """

    lr: float
    samples: ClassVar[tuple[Call, ...]] = ()
    errors: ClassVar[tuple[Wrong, ...]] = ()
    torch_lacks: ClassVar[str | None] = None

    def slots(self) -> tuple[str, ...]:
        """Names of the state tensors, each of the parameter's shape and zero at the start: ("momentum",)."""
        return ()

    def update(
        self, g: Builder, parameter: Value, gradient: Value, state: tuple[Value, ...], rate: Value, time: Value
    ) -> tuple[Value, tuple[Value, ...]]:
        """The new parameter and the new state.

        rate  the learning rate of this step, a float32 scalar
        time  the number of this step from 1, a float32 scalar
        """
        raise AssertionError("an optimizer declares update")

    def torch(self, torch: Any, parameters: Any) -> Any:
        """PyTorch's optimizer of the same name with the same settings, for tensors; `torch` is PyTorch.

        `netc bench` trains with it, and the tests compare every step of `update` with it.
        """
        raise AssertionError("an optimizer declares torch, or torch_lacks and formula")

    def formula(
        self, parameter: Any, gradient: Any, state: tuple[Any, ...], rate: float, time: int
    ) -> tuple[Any, tuple[Any, ...]]:
        """What `update` says, once more, on arrays in float64: where PyTorch lacks it."""
        raise AssertionError("an optimizer declares torch, or torch_lacks and formula")


class Optimizers(Registry[Optimizer]):
    """Also refuses an optimizer that says neither which of PyTorch's it is, nor what it does where PyTorch lacks it."""

    def _check(self, word: str, definition: type[Declared]) -> None:
        super()._check(word, definition)
        assert issubclass(definition, Optimizer), f"{word} is no optimizer"
        compared = "torch" if definition.torch_lacks is None else "formula"
        assert says(definition, compared), f"optimizer {word} doesn't declare {compared}"


optimizer = Optimizers("optimizer", __package__, samples=1, errors=1, declares=("update", "torch | formula"))
"""Decorator that registers an optimizer: `@optimizer("word")`; `optimizer.all()` gives every one by its word."""


def decayed(g: Builder, gradient: Value, parameter: Value, weight_decay: float) -> Value:
    """The gradient of the loss and of weight_decay / 2 * w**2."""
    return g.Add(gradient, g.Mul(parameter, weight_decay)) if weight_decay else gradient


def shrunk(g: Builder, parameter: Value, rate: Value, weight_decay: float) -> Value:
    """The parameter less its share of decay (Loshchilov & Hutter 2017, arXiv:1711.05101)."""
    return g.Mul(parameter, g.Sub(1.0, g.Mul(rate, weight_decay))) if weight_decay else parameter
