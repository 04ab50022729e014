"""What `make test` takes of the large families of tests, and `make test-all` takes whole."""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import pytest
from _pytest.mark import ParameterSet

ALL = os.environ.get("NETC_TESTS") == "all"
"""Whether this is `make test-all`."""
SHARE = 6
"""Of so many drawn examples `make test` takes one."""


def examples(number: int) -> int:
    """So many are drawn by hypothesis, fewer in `make test`."""
    return number if ALL else number // SHARE


def but_for(cases: Sequence[Any], slow: Sequence[Any]) -> list[ParameterSet]:
    """All cases, of which some are slow."""
    assert all(case in cases for case in slow)
    return [pytest.param(case, marks=pytest.mark.slow if case in slow else ()) for case in cases]


def leave_out(tests: Sequence[pytest.Item]) -> None:
    """Mark as slow what `quick(n)` leaves out: all cases of a test but n, chosen by their names, without any order.

    In `make test-all`, and where mutants are tried, that is nothing.
    """
    if ALL:
        return
    cases: dict[str, list[pytest.Item]] = defaultdict(list)
    for test in (test for test in tests if test.get_closest_marker("slow") is None):
        cases[test.nodeid.partition("[")[0]].append(test)
    for found in cases.values():
        marks = list(found[0].iter_markers("quick"))
        assert len(marks) <= 1, f"{found[0].nodeid} is marked `quick` twice"
        for mark in marks:
            for case in sorted(found, key=lambda case: hashlib.md5(case.nodeid.encode()).digest())[mark.args[0] :]:
                case.add_marker("slow")
