"""Interleaved rounds: every contender runs for a while, in turn, again and again; ratios are taken round by round."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Spread:
    """Median, smallest and largest of some figures."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, figures: list[float]) -> Spread:
        """The spread of these figures, one at least."""
        return cls(statistics.median(figures), min(figures), max(figures))


def interleave(
    contenders: Mapping[str, Callable[[], object]], *, rounds: int, seconds: float, warmup: int = 2
) -> dict[str, list[float]]:
    """Seconds a call of each contender, one median a round. A call must return only when its work is done."""
    for run in contenders.values():
        for _ in range(warmup):
            run()
    medians: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, run in contenders.items():
            medians[name].append(median(run, seconds))
    return medians


def median(run: Callable[[], object], seconds: float) -> float:
    """Seconds a call, the median of a round: calls for so many seconds, one at least."""
    times: list[float] = []
    end = time.perf_counter() + seconds
    while not times or time.perf_counter() < end:
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def ratio(ours: list[float], peers: list[list[float]]) -> Spread:
    """Our time over the better of the peers, round by round."""
    return Spread.of([mine / min(theirs) for mine, *theirs in zip(ours, *peers, strict=True)])
