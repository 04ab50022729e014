"""Room on Python's stack for programs that nest deeply."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def deep() -> Iterator[None]:
    """The parser limits the nesting, and so do those who read its tree; Python would sooner."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, 100_000))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
