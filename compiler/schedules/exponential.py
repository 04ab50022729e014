"""A learning rate that falls by the same share in each step."""

from __future__ import annotations

import math
from fractions import Fraction

from netc.compiler.declare.also import Also
from netc.compiler.declare.arguments import Real, argument
from netc.compiler.declare.samples import Rates, Wrong
from netc.compiler.schedules.base import WARMUP, Schedule, exact, schedule


@schedule("exponential")
class Exponential(Schedule):
    """base * factor**(epoch / every), the epoch counted in fractions, from the end of the warm-up on.

    The rate moves with each step, as Keras's ExponentialDecay; PyTorch's ExponentialLR, which moves once an epoch, is
    `step(every=1, factor=…)`.
    """

    also = ("ExponentialDecay", Also("ExponentialLR", note="PyTorch's moves once an epoch: `step(every=1)`"))

    ratio: float = argument(Real(0, open_low=True), "what the rate is multiplied by", default=0.95, word="factor")
    every: float = argument(Real(0, open_low=True), "the epochs in which it is", default=1.0)
    warmup: float = WARMUP

    samples = (
        Rates("exponential(0.25)", epochs=2, steps_per_epoch=2, factors=[1, 0.5, 0.25, 0.125]),
        Rates("exponential(factor=0.5, warmup=1)", epochs=4, steps_per_epoch=1, factors=[1, 1, 0.5, 0.25]),
        Rates("exponential(0.25, every=2)", epochs=2, steps_per_epoch=2, factors=[1, 0.5**0.5, 0.5, 0.5**1.5]),
        Rates("exponential", epochs=3, steps_per_epoch=1, factors=[1, 0.95, 0.9025]),
    )
    errors = (Wrong("exponential(0)", code="E224", says="a number above 0, found 0"),)

    def factor(self, epoch: Fraction, epochs: int) -> float:
        return float(self.ratio ** float((epoch - exact(self.warmup)) / exact(self.every)))

    def formula(self, epoch: Fraction, epochs: int) -> float:
        return math.exp(math.log(self.ratio) * (epoch - self.warmup) / self.every)
