"""What a schedule declares: the learning rate of each step. The rate is an input of the training step, so this is
plain arithmetic that the training loop asks for."""

from __future__ import annotations

from typing import ClassVar

from netc.compiler.declare.arguments import Real, argument
from netc.compiler.declare.declared import Declared, Registry
from netc.compiler.declare.samples import Rates, Wrong

WARMUP = argument(Real(0), "epochs over which the rate rises to the base rate, step by step", default=0.0)
"""The argument that every schedule declares last: `warmup: float = WARMUP`."""


class Schedule(Declared):
    """Base of every schedule. Every one has the argument `warmup`: epochs of linear rise at the start, default 0.

    samples  at least two `Rates`: the factors of every step of a short training, worked out by hand
    errors   at least one `Wrong` call
    """

    warmup: float
    samples: ClassVar[tuple[Rates, ...]] = ()
    errors: ClassVar[tuple[Wrong, ...]] = ()

    def factor(self, epoch: float, epochs: int) -> float:
        """What the base rate is multiplied by after `epoch` of `epochs`, past the warm-up; fractions lie inside one."""
        raise AssertionError("a schedule declares factor")

    def formula(self, epoch: float, epochs: int) -> float:
        """What `factor` is, by another road: an identity, a product over steps, a loop. The tests compare the two."""
        raise AssertionError("a schedule declares formula")

    def rate(self, base: float, step: int, steps_per_epoch: int, epochs: int) -> float:
        """The learning rate of a step counted from 0."""
        if step < self.warmup * steps_per_epoch:
            return base * (step + 1) / (self.warmup * steps_per_epoch)
        return base * self.factor(step / steps_per_epoch, epochs)


schedule = Registry[Schedule]("schedule", __package__, samples=2, errors=1, declares=("factor", "formula"))
"""Decorator that registers a schedule: `@schedule("word")`; `schedule.all()` gives every one by its word."""
