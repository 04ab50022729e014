"""What conditions say of the symbol in them, against all its numbers, tried one by one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies as st
from tiers import examples

from netc.compiler.ir import Dim, ImpossibleError, Narrowing, Size, Symbol, bound, substitute
from netc.compiler.ir.dims import floor_divide
from netc.compiler.ir.narrow import MOST
from netc.compiler.ir.open_sizes import size_in

ALL = 400
"""Beyond what the conditions drawn here depend on."""


def sizes(symbol: Symbol) -> st.SearchStrategy[Size]:
    """Sums of a symbol's multiples and of floor quotients of such sums."""
    leaves = st.one_of(st.integers(-12, 12), st.just(Dim(symbol)))
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds(lambda a, b: a + b, inner, inner),
            st.builds(lambda a, factor: a * factor, inner, st.integers(-2, 2)),
            st.builds(floor_divide, inner, st.integers(-4, 4).filter(bool)),
        ),
        max_leaves=6,
    )


@settings(max_examples=examples(400), deadline=None)
@given(st.data(), st.integers(1, 9), st.integers(1, 3))
def test_what_is_left_is_what_fits(data: st.DataObject, minimum: int, divisor: int) -> None:
    symbol = Symbol("T")
    bound(symbol, minimum=minimum, divisor=divisor)
    before = symbol.minimum
    size = data.draw(sizes(symbol))
    numbers = range(symbol.minimum, ALL, divisor)
    at = {number: substitute(size, {symbol: number}) for number in numbers}
    wrong = [number for number in numbers if at[number] < 0]
    try:
        Narrowing().at_least_0(size)
    except ImpossibleError:
        assert wrong, "nothing was wrong, and nothing is left"
        return
    rises = at[numbers[-1]] - at[numbers[len(numbers) // 2]]
    if abs(rises) <= 12:  # it goes up and down, or stays: no bound says that
        assert (symbol.minimum, symbol.maximum) == (before, None) or not any(
            symbol.minimum <= number <= (symbol.maximum or ALL) for number in wrong
        )
        return
    left = range(symbol.minimum, min(ALL, symbol.maximum + 1 if symbol.maximum is not None else ALL), divisor)
    assert not set(left) & set(wrong)
    assert symbol.minimum == before or symbol.minimum - divisor in wrong
    assert symbol.maximum is None or symbol.maximum >= ALL or symbol.maximum + divisor in wrong


def test_several_symbols_are_left_as_they_are() -> None:
    height, width = Symbol("H"), Symbol("W")
    Narrowing().at_least_0(Dim(height) + Dim(width) - 9)
    Narrowing().at_least_0(Dim(height) * Dim(height) - 9)
    assert (height.minimum, width.minimum) == (1, 1)


def test_what_is_not_tried_leaves_the_others_their_numbers() -> None:
    narrowing = Narrowing()
    for period, least in ((MOST + 1, 1), (4, 6)):
        symbol = Symbol("T")
        narrowing.at_least_0(2 * Dim(symbol) - floor_divide(Dim(symbol), period) * period - 8)  # rises by steps
        assert symbol.minimum == least
    assert narrowing.tried == 4


def test_a_size_that_no_number_makes_right_is_told() -> None:
    with pytest.raises(ImpossibleError):
        Narrowing().at_least_0(floor_divide(Dim(Symbol("T")), 1 << 31) - 1)


@pytest.mark.parametrize(
    ("known", "more"),
    [
        ({"minimum": 9}, {"maximum": 8}),
        ({"maximum": 15}, {"divisor": 16}),
        ({"minimum": 5, "maximum": 7}, {"divisor": 4}),
    ],
)
def test_no_number_may_be_left(known: dict[str, int], more: dict[str, int]) -> None:
    symbol = Symbol("T", **known)
    with pytest.raises(ImpossibleError, match="`T` would be at least"):
        bound(symbol, **more)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2*(H//2) + 1", 7), ("H*W - 4", 17), ("-H + 30", 23), ("(H - 1)*(W + 2)/5", 6), ("T + 1", None),
        ("H//0", None), ("H +", None), ("[H]", None), ("(" * 400 + "H", None), ("H" * 2000, None), ("inf", None),
    ],
)  # fmt: skip
def test_a_text_of_a_size_is_a_number_or_none(text: str, number: int | None) -> None:
    assert size_in(text, {"H": 7, "W": 3}) == number


def test_a_product_of_many_sums_is_worked_out_in_numbers() -> None:
    names = "abcdefghij"
    assert size_in("*".join([f"({'+'.join(names)})"] * 40), dict.fromkeys(names, 1)) == 10**40
