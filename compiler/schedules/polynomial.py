"""Learning rates that fall to a given share along a power of the time left."""

from __future__ import annotations

import math
from fractions import Fraction

from netc.compiler.declare.also import Also
from netc.compiler.declare.arguments import Real, argument
from netc.compiler.declare.samples import Rates, Wrong
from netc.compiler.schedules.base import END, WARMUP, Schedule, schedule


@schedule("polynomial")
class Polynomial(Schedule):
    """base * (end + (1 - end) * (1 - p)**power), p from 0 after the warm-up to 1 at the end of training.

    The rate moves with each step (as Keras's PolynomialDecay and PyTorch's PolynomialLR; both have power = 1).
    """

    also = ("PolynomialLR", "PolynomialDecay", "poly")

    power: float = argument(Real(0, open_low=True), "with 1 it falls along a line, with 2 it slows down", default=2.0)
    end: float = END
    warmup: float = WARMUP

    samples = (
        Rates("polynomial", epochs=2, steps_per_epoch=2, factors=[1, 0.5625, 0.25, 0.0625]),
        Rates("polynomial(0.5, end=0.2)", epochs=4, steps_per_epoch=1,
              factors=[1, 0.2 + 0.8 * 0.75**0.5, 0.2 + 0.8 * 0.5**0.5, 0.6]),
        Rates("polynomial(3, warmup=2)", epochs=4, steps_per_epoch=1, factors=[0.5, 1, 1, 0.125]),
    )  # fmt: skip
    errors = (
        Wrong("polynomial(0)", code="E224", says="a number above 0, found 0"),
        Wrong("polynomial(end=2)", code="E224", says="a number from 0 to 1, found 2"),
    )

    def factor(self, epoch: Fraction, epochs: int) -> float:
        left = float(1 - self.progress(epoch, epochs))
        return self.end + (1.0 - self.end) * math.pow(left, self.power)

    def formula(self, epoch: Fraction, epochs: int) -> float:
        left = (epochs - epoch) / (epochs - self.warmup)
        return self.end + (1 - self.end) * math.exp(self.power * math.log(left))


@schedule("linear")
class Linear(Schedule):
    """base * (1 - (1 - end) * p), p from 0 after the warm-up to 1 at the end of training: `polynomial(1)`."""

    also = (
        Also("LinearLR", note="PyTorch's rises from a third of the rate in 5 epochs unless told: `constant(warmup=5)`"),
        "linear_decay",
    )

    end: float = END
    warmup: float = WARMUP

    samples = (
        Rates("linear", epochs=2, steps_per_epoch=2, factors=[1, 0.75, 0.5, 0.25]),
        Rates("linear(end=0.2)", epochs=4, steps_per_epoch=1, factors=[1, 0.8, 0.6, 0.4]),
        Rates("linear(0.5, warmup=2)", epochs=4, steps_per_epoch=1, factors=[0.5, 1, 1, 0.75]),
    )
    errors = (Wrong("linear(end=-1)", code="E224", says="a number from 0 to 1, found -1"),)

    def factor(self, epoch: Fraction, epochs: int) -> float:
        return 1.0 - (1.0 - self.end) * float(self.progress(epoch, epochs))

    def formula(self, epoch: Fraction, epochs: int) -> float:
        return (self.end * (epoch - self.warmup) + (epochs - epoch)) / (epochs - self.warmup)
