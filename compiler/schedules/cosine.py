"""A learning rate that falls along half a cosine."""

from __future__ import annotations

import math
from bisect import bisect_right
from fractions import Fraction
from functools import lru_cache
from itertools import accumulate

from netc.compiler.declare.also import Also
from netc.compiler.declare.arguments import Integer, Real, argument
from netc.compiler.declare.samples import Rates, Wrong
from netc.compiler.schedules.base import END, WARMUP, Schedule, exact, schedule


@schedule("cosine")
class Cosine(Schedule):
    """base * (end + (1 - end) * (1 + cos(pi * p)) / 2), p from 0 after the warm-up to 1 at the end of training.

    The rate moves with each step (Loshchilov & Hutter 2016, arXiv:1608.03983). With `restarts` the rest of the training
    is cut into that many periods and one, each `growth` times as long as the one before, and p starts again from 0 in
    each: PyTorch's CosineAnnealingWarmRestarts with T_mult = growth.
    """

    also = (
        "cosine_annealing",
        "CosineAnnealingLR",
        "cosine_decay",
        Also("CosineAnnealingWarmRestarts", note="give the number of `restarts`"),
        Also("CosineDecayRestarts", note="give the number of `restarts`"),
        Also("cosine_restarts", note="give the number of `restarts`"),
    )

    end: float = END
    restarts: int = argument(Integer(0, 1000), "how often the rate jumps back up", default=0)
    growth: float = argument(Real(0, open_low=True), "how much longer each period is than the last", default=1.0)
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
        Rates("cosine(restarts=1)", epochs=4, steps_per_epoch=1, factors=[1, 0.5, 1, 0.5]),
        Rates(
            "cosine(restarts=1, growth=2, warmup=1)",
            epochs=7,
            steps_per_epoch=1,
            factors=[1, 1, 0.5, 1, 0.8535533905932737, 0.5, 0.14644660940672624],
        ),
    )
    errors = (
        Wrong("cosine(end=1.5)", code="E224", says="a number from 0 to 1, found 1.5"),
        Wrong("cosine(warmup=-1)", code="E224", says="a number of at least 0, found -1"),
        Wrong("cosine(restarts=0.5)", code="E224", says="a whole number from 0 to 1000, found 0.5"),
        Wrong("cosine(restarts=1001)", code="E224", says="a whole number from 0 to 1000, found 1001"),
    )

    def factor(self, epoch: Fraction, epochs: int) -> float:
        progress = float(self._in_period(self.progress(epoch, epochs)))
        return self.end + (1.0 - self.end) * (1.0 + math.cos(math.pi * progress)) / 2.0

    def _in_period(self, progress: Fraction) -> Fraction:
        """From 0 to 1 in each period."""
        starts = _starts(self.restarts, exact(self.growth))
        at = min(bisect_right(starts, progress), self.restarts + 1) - 1
        return (progress - starts[at]) / (starts[at + 1] - starts[at])

    def formula(self, epoch: Fraction, epochs: int) -> float:
        share = (epoch - exact(self.warmup)) / (epochs - exact(self.warmup))
        growth = exact(self.growth)
        ends = [Fraction(0)]
        for period in range(self.restarts + 1):
            ends.append(ends[-1] + growth**period)
        within = max(end for end in ends[:-1] if end <= share * ends[-1])
        following = ends[ends.index(within) + 1]
        turn = math.pi / 2 * (share * ends[-1] - within) / (following - within)
        return math.cos(turn) ** 2 + self.end * math.sin(turn) ** 2


@lru_cache(maxsize=8)
def _starts(restarts: int, growth: Fraction) -> list[Fraction]:
    """Where each period starts as a share of the training, and its end. Fractions of many periods take long to add."""
    ends = list(accumulate(growth**period for period in range(restarts + 1)))
    return [Fraction(0), *(end / ends[-1] for end in ends)]
