"""Room for programs that nest deeply, as long as they are worked on."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def deep() -> Iterator[None]:
    """Let functions call each other 100,000 deep: the parser and elaboration limit the nesting, Python would sooner."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, 100_000))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
