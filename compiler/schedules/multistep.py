"""A learning rate that falls at given epochs."""

from __future__ import annotations

from bisect import bisect_right
from fractions import Fraction

from netc.compiler.declare.arguments import Real, argument
from netc.compiler.declare.lists import Numbers
from netc.compiler.declare.samples import Rates, Wrong
from netc.compiler.schedules.base import WARMUP, Schedule, exact, schedule


@schedule("multistep")
class MultiStep(Schedule):
    """base * factor**n, n the number of `at` that are past: `multistep(at=[100, 150])`, epochs of warm-up included.

    As PyTorch's MultiStepLR; Keras's PiecewiseConstantDecay, with a factor in place of values.
    """

    also = ("MultiStepLR", "piecewise_constant", "PiecewiseConstantDecay")

    at: list[float] = argument(Numbers(), "the epochs at which the rate changes")
    ratio: float = argument(Real(0, open_low=True), "what it is multiplied by each time", default=0.1, word="factor")
    warmup: float = WARMUP

    samples = (
        Rates("multistep([1, 3])", epochs=4, steps_per_epoch=1, factors=[1, 0.1, 0.1, 0.01]),
        Rates("multistep(at=[0.5, 1], factor=0.5)", epochs=2, steps_per_epoch=2, factors=[1, 0.5, 0.25, 0.25]),
        Rates("multistep([3, 2], factor=2, warmup=2)", epochs=4, steps_per_epoch=1, factors=[0.5, 1, 2, 4]),
    )
    errors = (
        Wrong("multistep", code="E223", says="`multistep` needs `at`"),
        Wrong("multistep(at=[1], factor=0)", code="E224", says="a number above 0, found 0"),
    )

    def factor(self, epoch: Fraction, epochs: int) -> float:
        return float(self.ratio ** bisect_right(sorted(map(exact, self.at)), epoch))

    def formula(self, epoch: Fraction, epochs: int) -> float:
        rate = 1.0
        for milestone in self.at:
            rate *= self.ratio if epoch >= exact(milestone) else 1.0
        return rate
