"""A learning rate that falls along half a cosine."""

from __future__ import annotations

import math
from fractions import Fraction

from netc.compiler.declare.arguments import Real, argument
from netc.compiler.schedules.base import WARMUP, Schedule, exact, schedule


@schedule("cosine")
class Cosine(Schedule):
    """base * (end + (1 - end) * (1 + cos(pi * p)) / 2), p from 0 after the warm-up to 1 at the end of training.

    The rate moves with each step (Loshchilov & Hutter 2016, arXiv:1608.03983, without restarts).
    """

    end: float = argument(Real(0, 1), "the share of the base rate that is left at the end", default=0.0)
    warmup: float = WARMUP

    def factor(self, epoch: Fraction, epochs: int) -> float:
        warmup = exact(self.warmup)
        progress = min(float((epoch - warmup) / (epochs - warmup)), 1.0) if epochs > warmup else 1.0
        return self.end + (1.0 - self.end) * (1.0 + math.cos(math.pi * progress)) / 2.0
