"""A learning rate that falls along half a cosine."""

from __future__ import annotations

import math
from fractions import Fraction

from netc.compiler.declare.arguments import Real, argument
from netc.compiler.declare.samples import Rates, Wrong
from netc.compiler.schedules.base import WARMUP, Schedule, exact, schedule


@schedule("cosine")
class Cosine(Schedule):
    """base * (end + (1 - end) * (1 + cos(pi * p)) / 2), p from 0 after the warm-up to 1 at the end of training.

    The rate moves with each step (Loshchilov & Hutter 2016, arXiv:1608.03983, without restarts).
    """

    also = ("cosine_annealing", "CosineAnnealingLR", "cosine_decay")

    end: float = argument(Real(0, 1), "the share of the base rate that is left at the end", default=0.0)
    warmup: float = WARMUP

    samples = (
        Rates("cosine", epochs=2, steps_per_epoch=2, factors=[1, 0.8535533905932737, 0.5, 0.14644660940672624]),
        Rates("cosine(end=0.2)", epochs=3, steps_per_epoch=1, factors=[1, 0.8, 0.4]),
        Rates(
            "cosine(0.2, warmup=1)",
            epochs=4,
            steps_per_epoch=2,
            factors=[0.5, 1, 1, 0.9464101615137755, 0.8, 0.6, 0.4, 0.2535898384862246],
        ),
        Rates("cosine(warmup=2)", epochs=2, steps_per_epoch=2, factors=[0.25, 0.5, 0.75, 1]),
        Rates("cosine(warmup=4)", epochs=1, steps_per_epoch=2, factors=[0.125, 0.25]),
    )
    errors = (
        Wrong("cosine(end=1.5)", code="E224", says="a number from 0 to 1, found 1.5"),
        Wrong("cosine(warmup=-1)", code="E224", says="a number of at least 0, found -1"),
    )

    def factor(self, epoch: Fraction, epochs: int) -> float:
        warmup = exact(self.warmup)
        progress = min(float((epoch - warmup) / (epochs - warmup)), 1.0) if epochs > warmup else 1.0
        return self.end + (1.0 - self.end) * (1.0 + math.cos(math.pi * progress)) / 2.0

    def formula(self, epoch: Fraction, epochs: int) -> float:
        turn = math.pi / 2 * (epoch - self.warmup) / (epochs - self.warmup)
        return math.cos(turn) ** 2 + self.end * math.sin(turn) ** 2
