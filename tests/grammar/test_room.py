"""Calls across the ends of Python's stack pieces: without room they cost pages of memory, with it none."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from netc.grammar.deep import with_room

resource = pytest.importorskip("resource")

PASSES = 300


def leaf() -> None:
    a, b, c = 1, 2, 3
    del a, b, c


def at_depth(depth: int, work: Callable[[], None]) -> None:
    if depth:
        at_depth(depth - 1, work)
    else:
        work()


def most_pages() -> int:
    """New pages that calling a function again and again takes at the worst of two hundred depths."""
    found = []

    def calls() -> None:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        for _ in range(PASSES):
            leaf()
        found.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)

    for depth in range(200):
        at_depth(depth, calls)
    return max(found)


@pytest.mark.skipif(sys.platform != "linux", reason="counts pages as Linux does")
def test_no_depth_has_calls_that_take_memory_and_give_it_back() -> None:
    if sys.version_info[:2] == (3, 11):  # later ones may know better, and then the room is in nobody's way
        assert most_pages() >= PASSES
    assert with_room(most_pages) < PASSES / 10
