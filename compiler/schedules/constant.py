"""A learning rate that stays."""

from __future__ import annotations

from fractions import Fraction

from netc.compiler.schedules.base import WARMUP, Schedule, schedule


@schedule("constant")
class Constant(Schedule):
    """The base rate from the end of the warm-up on."""

    warmup: float = WARMUP

    def factor(self, epoch: Fraction, epochs: int) -> float:
        return 1.0
