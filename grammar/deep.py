"""Room on Python's stack for programs that nest deeply."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

Result = TypeVar("Result")

FRAMES = 1 << 15
"""Values that fit into what `with_room` asks for: a quarter of a megabyte, and as much again for what it calls."""


@contextmanager
def deep() -> Iterator[None]:
    """The parser limits the nesting, and so do those who read its tree; Python would sooner."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, 100_000))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def with_room(work: Callable[[], Result]) -> Result:
    """The work's result.

    Python keeps frames in pieces of 16 KB. It takes one from the system when a call doesn't fit into the last, and
    gives it back when that call returns: a loop that calls across such an end does both in each pass, which was a tenth
    of the time of linting. This call says that its own frame is large, so its piece is, and what it calls has the rest.
    """
    return work()


with_room.__code__ = with_room.__code__.replace(co_stacksize=FRAMES)
