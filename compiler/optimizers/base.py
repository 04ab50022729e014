"""What an optimizer declares: its state for each parameter and one update as a graph."""

from __future__ import annotations

from netc.compiler.declare.declared import Declared, Registry
from netc.compiler.ir import Builder, Value


class Optimizer(Declared):
    """Base of every optimizer. Every one has the argument `lr`, the base learning rate that the schedule scales."""

    lr: float

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


optimizer = Registry[Optimizer]("optimizer", __package__)
"""Decorator that registers an optimizer: `@optimizer("word")`; `optimizer.all()` gives every one by its word."""
