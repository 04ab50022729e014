"""What a schedule declares: the learning rate of each step. The rate is an input of the training step, so this is
plain arithmetic that the training loop asks for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, ClassVar

from netc.compiler.declare.arguments import Real, argument
from netc.compiler.declare.declared import Declared, Registry
from netc.compiler.declare.samples import Rates, Wrong
from netc.grammar.counted import counted

WARMUP = argument(Real(0), "epochs over which the rate rises to the base rate, step by step", default=0.0)
"""The argument that every schedule declares last: `warmup: float = WARMUP`."""

END: Any = argument(Real(0, 1), "the share of the base rate that is left at the end", default=0.0)


class Schedule(Declared):
    """Base of every schedule. Every one has the argument `warmup`: epochs of linear rise at the start, default 0.

    watch    the figure that `feedback` is asked about, for schedules that have such an argument
    samples  at least two `Rates`: the factors of every step of a short training, worked out by hand
    errors   at least one `Wrong` call
    """

    warmup: float
    watch: str | None = None
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

    def feedback(self, figures: Sequence[float], higher: bool) -> float:
        """What else the rate is multiplied by, after epochs with these figures of `watch`; `higher` ones are better?"""
        return 1.0

    def rate(self, base: float, step: int, steps_per_epoch: int, epochs: int) -> float:
        """The learning rate of a step counted from 0, before feedback; while it rises it is at most the base rate."""
        rising = exact(self.warmup) * steps_per_epoch
        if step < rising:
            return base * float(min(Fraction(1), (step + 1) / rising))
        return base * self.factor(Fraction(step, steps_per_epoch), epochs)

    def progress(self, epoch: Fraction, epochs: int) -> Fraction:
        """How much of the training after the warm-up is done: from 0 to 1."""
        warmup = exact(self.warmup)
        return min((epoch - warmup) / (epochs - warmup), Fraction(1)) if epochs > warmup else Fraction(1)

    def misfit(self, epochs: int) -> tuple[str, str] | None:
        """What is wrong with it in a training of so many epochs, and the way out; None where it fits."""
        if exact(self.warmup) > epochs:
            found = f"a warm-up of {counted(format(self.warmup, 'g'), 'epoch')} does not end in a training of {epochs}"
            longer = counted(math.ceil(exact(self.warmup)) + 1, "epoch")
            return found, f"train for {longer} or more, or shorten `warmup`"
        try:
            last = self.factor(Fraction(epochs), epochs)
        except OverflowError:
            last = math.inf
        if math.isinf(last):
            message = f"the rate of `{self.word}` grows past all numbers in a training of {counted(epochs, 'epoch')}"
            return message, "take a `factor` below 1, or let it count less often"
        return None


def exact(epochs: float) -> Fraction:
    """The number of epochs that was meant by a float: 0.1 is a tenth, of which 0.3 holds three."""
    meant = Fraction(epochs).limit_denominator(1_000_000)
    return meant if math.isclose(meant, epochs, rel_tol=1e-12) else Fraction(epochs)


schedule = Registry[Schedule]("schedule", __package__, samples=2, errors=1, declares=("factor", "formula"))
"""Decorator that registers a schedule: `@schedule("word")`; `schedule.all()` gives every one by its word."""
