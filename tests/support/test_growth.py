"""What asserts growth sees the difference between linear and quadratic."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from growth import TIMES, assert_linear


def counting(power: int) -> Callable[[int], Callable[[], object]]:
    return lambda size: lambda: sum(1 for _ in range(size**power))


def test_linear_is_linear() -> None:
    assert_linear(counting(1), 500)


def test_quadratic_is_not() -> None:
    with pytest.raises(AssertionError, match=f"{TIMES} times the size takes"):
        assert_linear(counting(2), 20)
