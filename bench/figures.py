"""How times are shown: the smallest and the median of a contender's windows, ratios of both, whether it was quiet."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from bench.peaks import two_peaks

TWO = "†"
"""Marks times that lie around two values."""

BUSY_WINDOWS = 0.1
"""The share of a row's windows that may begin on a busy machine before the row counts as busy."""

Row = Mapping[str, Any]


class Ratio(NamedTuple):
    """Our time over theirs: of the smallest ones, and of the medians."""

    best: float
    median: float


def ratio(ours: Sequence[float], peers: Iterable[Sequence[float]]) -> Ratio:
    """Our time over the better of the peers."""
    theirs = list(peers)
    best, median = min(map(min, theirs)), min(map(statistics.median, theirs))
    return Ratio(min(ours) / best, statistics.median(ours) / median)


def beside(row: Row, ours: str | None, peers: Iterable[str]) -> Ratio | None:
    """A contender over the better of others; None where it, or all of them, did not take part."""
    seconds = row["seconds"]
    there = [seconds[name] for name in peers if seconds.get(name)]
    return ratio(seconds[ours], there) if there and seconds.get(ours) else None


def ms(seconds: Sequence[float] | None) -> str:
    """`12.0 (12.3)`, milliseconds from seconds a window: the smallest and the median, marked with two peaks."""
    if not seconds:
        return "–"
    mark = TWO if two_peaks(seconds) else ""
    return f"{digits(1000 * min(seconds))} ({digits(1000 * statistics.median(seconds))}){mark}"


def digits(value: float) -> str:
    """Three digits, or all before the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def bold(found: Ratio | None) -> str:
    """`**0.55** (0.57)`."""
    return "–" if found is None else f"**{found.best:.2f}** ({found.median:.2f})"


def quiet(row: Row) -> bool:
    """Whether contenders had processes of their own and nearly all windows began on a quiet machine."""
    if "busy_windows" not in row:
        return False
    windows = sum(map(len, row["seconds"].values()))
    return sum(row["busy_windows"].values()) <= BUSY_WINDOWS * windows


def notes(rows: Mapping[str, Row]) -> list[str]:
    """What has to be known of a section's times, a sentence each."""
    said = []
    peaks = [
        f"{contender} on {name} ({digits(1000 * found.low)} and {digits(1000 * found.high)} ms)"
        for name, row in rows.items()
        for contender, seconds in row["seconds"].items()
        if (found := two_peaks(seconds))
    ]
    if peaks:
        said.append(f"{TWO} The times lie around two values: {'; '.join(peaks)}.")
    dropped = [
        f"{contender} dropped out on {name}: {why}"
        for name, row in rows.items()
        for contender, why in row.get("dropped_out", {}).items()
    ]
    said += [f"{sentence}." for sentence in dropped]
    together = [name for name, row in rows.items() if "busy_windows" not in row]
    if together:
        said.append(f"Measured earlier, all contenders in one process, five long rounds each: {', '.join(together)}.")
    busy = [name for name, row in rows.items() if "busy_windows" in row and not quiet(row)]
    if busy:
        said.append(f"Not measured on a quiet machine, so that no ratio counts for much: {', '.join(busy)}.")
    return said
