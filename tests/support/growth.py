"""How the work of something grows with its size: lines and calls are counted, so no machine is too slow or too busy."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

TIMES = 4
BOUND = 1.25 * TIMES
"""Linear work grows by TIMES with the size, with a logarithm beside it by little more; quadratic work by TIMES**2."""


def assert_linear(prepare: Callable[[int], Callable[[], object]], size: int) -> None:
    """That TIMES the size takes about TIMES the work.

    prepare  what is to be done at a size; making it does not count

    What is done first, imports and what is remembered for the next, does not count either.
    """
    small, large = prepare(size), prepare(TIMES * size)
    small()
    fewer, more = work_of(small), work_of(large)
    assert more < BOUND * fewer, f"{TIMES} times the size takes {more / fewer:.1f} times the work"


def work_of(run: Callable[[], object]) -> int:
    """Lines of Python that ran, each turn of a loop anew, and calls, of functions in C too."""
    count = 0

    def on_line(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        count += 1
        return on_line

    def on_call(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal count
        count += event == "c_call"

    before = sys.gettrace(), sys.getprofile()
    sys.setprofile(on_call)
    sys.settrace(on_line)
    try:
        run()
    finally:
        sys.settrace(before[0])
        sys.setprofile(before[1])
    return count
