"""How the time of something grows with its size. No seconds are asserted: a slow or busy machine changes nothing."""

from __future__ import annotations

import time
from collections.abc import Callable

TIMES = 4
BOUND = TIMES**1.5
"""Linear time grows by TIMES with the size, quadratic time by its square; this is half way, as factors go."""
MOST = 6


def assert_linear(prepare: Callable[[int], Callable[[], object]], size: int) -> None:
    """That TIMES the size takes clearly less than TIMES**2 the time.

    prepare  what is to be timed at a size; making it is not timed

    What disturbs a run makes it longer, so the shortest of several counts, and rounds go on while the answer is no.
    """
    small, large = prepare(size), prepare(TIMES * size)
    _seconds(small)
    shortest, longest = float("inf"), float("inf")
    for done in range(1, MOST + 1):
        shortest, longest = min(shortest, _seconds(small)), min(longest, _seconds(large))
        if done >= 2 and longest < BOUND * shortest:
            return
    raise AssertionError(f"{TIMES} times the size takes {longest / shortest:.1f} times as long")


def _seconds(run: Callable[[], object]) -> float:
    began = time.process_time()
    run()
    return time.process_time() - began
