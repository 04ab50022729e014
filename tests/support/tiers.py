"""What `make test` takes of the large families of tests, and `make test-all` takes whole."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import pytest
from _pytest.mark import ParameterSet

ALL = os.environ.get("NETC_TESTS") == "all"
"""Whether this is `make test-all`."""
SHARE = 4
"""Of so many drawn examples `make test` takes one."""


def examples(number: int) -> int:
    """So many are drawn by hypothesis, fewer in `make test`."""
    return number if ALL else number // SHARE


def some(cases: Sequence[Any], quick: int) -> list[ParameterSet]:
    """All cases; those that are not among the `quick` that lie evenly in their order are slow."""
    taken = {at * len(cases) // quick for at in range(quick)}
    return [pytest.param(case, marks=() if at in taken else pytest.mark.slow) for at, case in enumerate(cases)]


def but_for(cases: Sequence[Any], slow: Sequence[Any]) -> list[ParameterSet]:
    """All cases, of which some are slow."""
    assert all(case in cases for case in slow)
    return [pytest.param(case, marks=pytest.mark.slow if case in slow else ()) for case in cases]
