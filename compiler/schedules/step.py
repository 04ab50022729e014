"""A learning rate that falls in steps."""

from __future__ import annotations

from fractions import Fraction

from netc.compiler.declare.arguments import Real, argument
from netc.compiler.schedules.base import WARMUP, Schedule, exact, schedule


@schedule("step")
class Step(Schedule):
    """base * factor**(epoch // every): `step(every=30)` divides by ten after 30, 60, … epochs, warm-up included."""

    every: float = argument(Real(0, open_low=True), "epochs between two steps")
    ratio: float = argument(Real(0, open_low=True), "what each step multiplies the rate by", default=0.1, word="factor")
    warmup: float = WARMUP

    def factor(self, epoch: Fraction, epochs: int) -> float:
        return float(self.ratio ** (epoch // exact(self.every)))
