"""Whether the times of a contender's windows lie around one value or around two.

A machine, or a library's threads, that has two ways to run gives times at two places and few between: their median
says then which way was taken more often, and little about the program.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import NamedTuple

FEWEST = 10
"""Windows: with fewer nothing is said."""

PART = 0.2
"""The share of the windows that each peak has at least."""

APART = 0.05
"""How far the peaks are apart at least, as a part of the lower one: less makes no difference to a comparison."""

EXPLAINED = 0.9
"""The share of the variance that is between the peaks: an even spread has 0.75, a normal one 0.64, two points 1."""


class Peaks(NamedTuple):
    """The medians of both, in seconds."""

    low: float
    high: float


def two_peaks(seconds: Sequence[float]) -> Peaks | None:
    """The two peaks; None where there is one, or nothing can be said.

    Of all ways to cut the sorted times in two, the one that leaves the least variance inside the parts is taken, which
    is Jenks's natural break (1967); the cut counts where it explains the variance and is wide enough.
    """
    times = sorted(seconds)
    fewest = max(2, round(PART * len(times)))
    whole = _squares(times)
    if len(times) < FEWEST or whole == 0:
        return None
    cuts = range(fewest, len(times) - fewest + 1)
    cut = min(cuts, key=lambda at: _squares(times[:at]) + _squares(times[at:]))
    found = Peaks(statistics.median(times[:cut]), statistics.median(times[cut:]))
    inside = _squares(times[:cut]) + _squares(times[cut:])
    clear = inside <= (1 - EXPLAINED) * whole and found.high >= (1 + APART) * found.low
    return found if clear else None


def _squares(times: Sequence[float]) -> float:
    """The sum of squared distances from the mean."""
    middle = statistics.fmean(times)
    return sum((time - middle) ** 2 for time in times)
