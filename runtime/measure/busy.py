"""Whether the machine is quiet enough for its figures to mean something."""

from __future__ import annotations

import time
from pathlib import Path

QUIET = 0.1
"""The share of the processor that other programs may use before figures are told to be those of a busy machine."""


def busy_share(seconds: float = 0.3) -> float | None:
    """How much of the processor other programs use while this one waits; None where the system doesn't tell."""
    stat = Path("/proc/stat")
    if not stat.exists():
        return None
    before = _ticks(stat)
    time.sleep(seconds)
    after = _ticks(stat)
    passed = [late - early for early, late in zip(before, after, strict=True)]
    return round(1 - (passed[3] + passed[4]) / max(1, sum(passed)), 3)  # idle, and waiting for disks


def _ticks(stat: Path) -> list[int]:
    return [int(word) for word in stat.read_text().splitlines()[0].split()[1:9]]
