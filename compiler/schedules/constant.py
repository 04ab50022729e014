"""A learning rate that stays."""

from __future__ import annotations

from fractions import Fraction

from netc.compiler.declare.samples import Rates, Wrong
from netc.compiler.schedules.base import WARMUP, Schedule, schedule


@schedule("constant")
class Constant(Schedule):
    """The base rate from the end of the warm-up on."""

    also = ("fixed",)

    warmup: float = WARMUP

    samples = (
        Rates("constant", epochs=2, steps_per_epoch=3, factors=[1] * 6),
        Rates("constant(warmup=0.5)", epochs=1, steps_per_epoch=4, factors=[0.5, 1, 1, 1]),
        Rates("constant(warmup=0.5)", epochs=1, steps_per_epoch=3, factors=[2 / 3, 1, 1]),
        Rates("constant(warmup=0.001)", epochs=1, steps_per_epoch=3, factors=[1, 1, 1]),
        Rates("constant(2)", epochs=3, steps_per_epoch=2, factors=[0.25, 0.5, 0.75, 1, 1, 1]),
    )
    errors = (Wrong("constant(warmup=-1)", code="E224", says="a number of at least 0, found -1"),)

    def factor(self, epoch: Fraction, epochs: int) -> float:
        return 1.0

    def formula(self, epoch: Fraction, epochs: int) -> float:
        return 1.0
