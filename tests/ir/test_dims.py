"""Symbolic sizes against plain whole numbers: whatever is computed with symbols holds for every value of them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies as st
from tiers import examples

from netc.compiler.ir import BATCH, Dim, Size, Symbol, Undecided, format_shape, substitute
from netc.compiler.ir.dims import bounds, floor_divide

H, W = Symbol("H", minimum=4, divisor=4), Symbol("W", minimum=1, maximum=30)
SYMBOLS = [H, W]

Expression = tuple[Size, "object"]


def expressions() -> st.SearchStrategy[tuple[Size, object]]:
    """A symbolic size, and the same as a function of the symbols' values."""
    leaves = st.one_of(
        st.integers(-6, 6).map(lambda number: (number, lambda values: number)),
        st.sampled_from(SYMBOLS).map(lambda symbol: (Dim(symbol), lambda values: values[symbol])),
    )

    def extend(inner: st.SearchStrategy[tuple[Size, object]]) -> st.SearchStrategy[tuple[Size, object]]:
        def combine(mark: str, left: tuple[Size, object], right: tuple[Size, object]) -> tuple[Size, object]:
            (a, f), (b, g) = left, right
            if mark == "+":
                return a + b, lambda values: f(values) + g(values)  # type: ignore[operator]
            if mark == "-":
                return a - b, lambda values: f(values) - g(values)  # type: ignore[operator]
            return a * b, lambda values: f(values) * g(values)  # type: ignore[operator]

        def divide(left: tuple[Size, object], by: int) -> tuple[Size, object]:
            a, f = left
            return floor_divide(a, by), lambda values: f(values) // by  # type: ignore[operator]

        return st.one_of(
            st.builds(combine, st.sampled_from("+-*"), inner, inner),
            st.builds(divide, inner, st.integers(-5, 5).filter(bool)),
        )

    return st.recursive(leaves, extend, max_leaves=8)


@settings(max_examples=examples(300), deadline=None)
@given(expressions(), st.integers(1, 9), st.integers(1, 30))
def test_symbols_stand_for_numbers(expression: tuple[Size, object], quarter: int, w: int) -> None:
    size, meaning = expression
    values: dict[Symbol, Size] = {H: 4 * quarter, W: w}
    expected = meaning(values)  # type: ignore[operator]
    assert substitute(size, values) == expected
    low, high = bounds(size)
    assert low is None or low <= expected
    assert high is None or expected <= high


@settings(max_examples=examples(200), deadline=None)
@given(expressions(), expressions(), st.integers(1, 9), st.integers(1, 30))
def test_comparisons_hold_for_every_value(
    one: tuple[Size, object], two: tuple[Size, object], quarter: int, w: int
) -> None:
    values: dict[Symbol, Size] = {H: 4 * quarter, W: w}
    a, b = one[1](values), two[1](values)  # type: ignore[operator]
    try:
        assert (one[0] < two[0]) == (a < b)
        assert (one[0] >= two[0]) == (a >= b)
    except Undecided:
        pass
    if one[0] == two[0]:
        assert a == b


def test_division_is_exact_where_divisibility_is_known() -> None:
    h, w = Dim(H), Dim(W)
    assert 2 * (h // 2) == h
    assert 2 * (w // 2) != w
    assert h // 2 // 2 == h // 4
    assert (w // 2) // 3 == w // 6
    assert (h + 2 * 1 - 3) // 2 + 1 == h // 2
    assert h % 4 == 0
    assert (h * w) // w == h


def test_comparison_under_bounds() -> None:
    h = Dim(H)
    assert h >= 4
    assert not h < 4
    with pytest.raises(Undecided):
        assert h > 4


def test_quotients_of_numbers_below_zero() -> None:
    w = Dim(W)
    assert w // -2 == -w // 2
    assert w // -2 // -3 == -(-w // 2) // 3
    assert bounds(10 // w) == (0, None)
    assert bounds(10 // (w - 40)) == (None, None)  # -1 for one, -10 for another


def test_how_sizes_print() -> None:
    h, w = Dim(H), Dim(W)
    assert [str(size) for size in (2 * h, h // 2, w // 2, (w + 1) // 2, 3 * (w // 2), h * w - 1)] == [
        "2*H", "H/2", "W//2", "(W + 1)//2", "3*(W//2)", "H*W - 1"
    ]  # fmt: skip
    assert format_shape((BATCH, 3, h // 2)) == "Nx3x(H/2)"
    assert format_shape(()) == "scalar"
