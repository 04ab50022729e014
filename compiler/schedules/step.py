"""A learning rate that falls in steps."""

from __future__ import annotations

from fractions import Fraction

from netc.compiler.declare.arguments import Real, argument
from netc.compiler.declare.samples import Rates, Wrong
from netc.compiler.schedules.base import WARMUP, Schedule, exact, schedule


@schedule("step")
class Step(Schedule):
    """base * factor**(epoch // every): `step(every=30)` divides by ten after 30, 60, … epochs, warm-up included."""

    also = ("StepLR", "step_decay")

    every: float = argument(Real(0, open_low=True), "epochs between two steps")
    ratio: float = argument(Real(0, open_low=True), "what each step multiplies the rate by", default=0.1, word="factor")
    warmup: float = WARMUP

    samples = (
        Rates("step(every=1)", epochs=4, steps_per_epoch=1, factors=[1, 0.1, 0.01, 0.001]),
        Rates("step(2, factor=0.5)", epochs=4, steps_per_epoch=2, factors=[1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5]),
        Rates("step(0.1, 0.5)", epochs=1, steps_per_epoch=10, factors=[0.5**step for step in range(10)]),
        Rates("step(1.5, 0.5)", epochs=2, steps_per_epoch=4, factors=[1, 1, 1, 1, 1, 1, 0.5, 0.5]),
        Rates("step(1, 0.5, warmup=2)", epochs=4, steps_per_epoch=1, factors=[0.5, 1, 0.25, 0.125]),
    )
    errors = (
        Wrong("step(0)", code="E224", says="a number above 0, found 0"),
        Wrong("step", code="E223", says="`step` needs `every`"),
    )

    def factor(self, epoch: Fraction, epochs: int) -> float:
        return float(self.ratio ** (epoch // exact(self.every)))

    def formula(self, epoch: Fraction, epochs: int) -> float:
        every = exact(self.every)
        rate, next_step = 1.0, every
        while epoch >= next_step:
            rate, next_step = rate * self.ratio, next_step + every
        return rate
