"""A learning rate that rises first and falls far below where it began."""

from __future__ import annotations

import math
from fractions import Fraction

from netc.compiler.declare.arguments import Real, argument
from netc.compiler.declare.samples import Rates, Wrong
from netc.compiler.schedules.base import WARMUP, Schedule, exact, schedule


@schedule("one_cycle")
class OneCycle(Schedule):
    """From `start` up to 1 over the share `rise` of the training, then down to `end`, along half cosines.

    Times the base rate, which is the largest (Smith & Topin 2017, arXiv:1708.07120). PyTorch's OneCycleLR has the same
    curve, with max_lr the base rate, div_factor 1 / start and final_div_factor start / end, but runs it from the first
    step to the last one, where this runs to the end of the last step; momentum stays as it is.
    """

    also = ("OneCycleLR", "one_cycle_policy")

    rise: float = argument(Real(0, 1, open_high=True), "the share of the training in which it rises", default=0.3)
    start: float = argument(Real(0, 1), "the share of the base rate at the start", default=0.04)
    end: float = argument(Real(0, 1), "the share of the base rate at the end", default=4e-6)
    warmup: float = WARMUP

    samples = (
        Rates("one_cycle(rise=0.5, start=0, end=0)", epochs=2, steps_per_epoch=2, factors=[0, 0.5, 1, 0.5]),
        Rates("one_cycle(0, end=0.5)", epochs=2, steps_per_epoch=1, factors=[1, 0.75]),
        Rates("one_cycle(0.5, 0.2, 0, warmup=1)", epochs=5, steps_per_epoch=1, factors=[1, 0.2, 0.6, 1, 0.5]),
    )
    errors = (
        Wrong("one_cycle(rise=1)", code="E224", says="a number of at least 0 and below 1, found 1"),
        Wrong("one_cycle(start=2)", code="E224", says="a number from 0 to 1, found 2"),
    )

    def factor(self, epoch: Fraction, epochs: int) -> float:
        progress, rise = self.progress(epoch, epochs), exact(self.rise)
        if progress < rise:
            return _along(float(progress / rise), self.start, 1.0)
        return _along(float((progress - rise) / (1 - rise)), 1.0, self.end)

    def formula(self, epoch: Fraction, epochs: int) -> float:
        left = (epochs - epoch) / (epochs - self.warmup)
        if left > 1 - self.rise:
            return 1 - (1 - self.start) * math.sin(math.pi / 2 * (left - 1 + self.rise) / self.rise) ** 2
        return self.end + (1 - self.end) * math.sin(math.pi / 2 * left / (1 - self.rise)) ** 2


def _along(share: float, start: float, end: float) -> float:
    """From start to end along half a cosine."""
    return end + (start - end) * (1.0 + math.cos(math.pi * share)) / 2.0
