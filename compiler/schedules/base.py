"""What a schedule declares: the learning rate of each step. The rate is an input of the training step, so this is
plain arithmetic that the training loop asks for."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import ClassVar

from netc.compiler.declare.arguments import Real, argument
from netc.compiler.declare.declared import Declared, Registry
from netc.compiler.declare.samples import Rates, Wrong
from netc.grammar.counted import counted

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

    def factor(self, epoch: Fraction, epochs: int) -> float:
        """What the base rate is multiplied by after `epoch` of `epochs`, past the warm-up.

        The epoch is a whole number of steps, exactly. Compare it with `exact(self.argument)`: floats are near it only.
        """
        raise AssertionError("a schedule declares factor")

    def formula(self, epoch: Fraction, epochs: int) -> float:
        """What `factor` is, by another road: an identity, a product over steps, a loop. The tests compare the two."""
        raise AssertionError("a schedule declares formula")

    def rate(self, base: float, step: int, steps_per_epoch: int, epochs: int) -> float:
        """The learning rate of a step counted from 0; while it rises it is at most the base rate."""
        rising = exact(self.warmup) * steps_per_epoch
        if step < rising:
            return base * float(min(Fraction(1), (step + 1) / rising))
        return base * self.factor(Fraction(step, steps_per_epoch), epochs)

    def misfit(self, epochs: int) -> tuple[str, str] | None:
        """What is wrong with it in a training of so many epochs, and the way out; None where it fits."""
        if exact(self.warmup) <= epochs:
            return None
        found = f"a warm-up of {counted(format(self.warmup, 'g'), 'epoch')} does not end in a training of {epochs}"
        return found, f"train for {counted(math.ceil(exact(self.warmup)) + 1, 'epoch')} or more, or shorten `warmup`"


def exact(epochs: float) -> Fraction:
    """The number of epochs that was meant by a float: 0.1 is a tenth, of which 0.3 holds three."""
    meant = Fraction(epochs).limit_denominator(1_000_000)
    return meant if math.isclose(meant, epochs, rel_tol=1e-12) else Fraction(epochs)


schedule = Registry[Schedule]("schedule", __package__, samples=2, errors=1, declares=("factor", "formula"))
"""Decorator that registers a schedule: `@schedule("word")`; `schedule.all()` gives every one by its word."""
