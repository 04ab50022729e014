"""A learning rate that falls when the training gets no better."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from netc.compiler.declare.arguments import Integer, Real, argument
from netc.compiler.declare.samples import Rates, Wrong
from netc.compiler.declare.watch import PATIENCE, THRESHOLD, WATCH, is_better
from netc.compiler.schedules.base import WARMUP, Schedule, schedule


@schedule("plateau")
class Plateau(Schedule):
    """base * factor**n: n grows by one after each `patience` epochs in which what is watched did not get better.

    Counting starts anew then, after `cooldown` epochs; the rate stays at `end` times the base rate or above. Figures of
    held-out rows count where there are some. As PyTorch's ReduceLROnPlateau with patience - 1 and threshold_mode "abs",
    and Keras's.
    """

    also = ("ReduceLROnPlateau",)

    ratio: float = argument(
        Real(0, 1, open_low=True, open_high=True), "what it is multiplied by", default=0.1, word="factor"
    )
    patience: int = argument(PATIENCE, "how many epochs may pass without an improvement", default=10)
    watch: str = WATCH
    threshold: float = THRESHOLD
    cooldown: int = argument(Integer(0), "epochs after a fall that don't count", default=0)
    end: float = argument(Real(0, 1), "the share of the base rate below which it doesn't fall", default=0.0)
    warmup: float = WARMUP

    samples = (
        Rates("plateau(patience=1)", epochs=6, steps_per_epoch=1, figures=[3, 2, 2, 1, 1],
              factors=[1, 1, 1, 0.1, 0.1, 0.01]),
        Rates("plateau(0.5, 2, threshold=0.5)", epochs=6, steps_per_epoch=1, figures=[3, 2.6, 2.5, 2.1, 2.2],
              factors=[1, 1, 1, 0.5, 0.5, 0.5]),
        Rates("plateau(factor=0.5, patience=1, watch=accuracy, cooldown=1)", epochs=6, steps_per_epoch=1, higher=True,
              figures=[0.1, 0.1, 0.1, 0.1, 0.2], factors=[1, 1, 0.5, 0.5, 0.25, 0.25]),
        Rates("plateau(0.1, 1, end=0.05, warmup=2)", epochs=5, steps_per_epoch=1, figures=[1, 2, 2, 2],
              factors=[0.5, 1, 0.1, 0.05, 0.05]),
    )  # fmt: skip
    errors = (
        Wrong("plateau(factor=1)", code="E224", says="a number above 0 and below 1, found 1"),
        Wrong("plateau(patience=0)", code="E224", says="a positive whole number, found 0"),
    )

    def factor(self, epoch: Fraction, epochs: int) -> float:
        return 1.0

    def formula(self, epoch: Fraction, epochs: int) -> float:
        return 1.0

    def feedback(self, figures: Sequence[float], higher: bool) -> float:
        best: float | None = None
        waiting = resting = falls = 0
        for figure in figures:
            waiting += 1
            if is_better(figure, best, higher, self.threshold):
                best, waiting = figure, 0
            if resting:
                resting, waiting = resting - 1, 0
            if waiting >= self.patience:
                falls, waiting, resting = falls + 1, 0, self.cooldown
        return max(float(self.ratio**falls), self.end)
