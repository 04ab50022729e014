"""What a condition about sizes says of the one symbol that it depends on."""

from __future__ import annotations

import math
from collections.abc import Iterator

from netc.compiler.ir.dims import BATCH_SYMBOL, Dim, Quotient, Size, Symbol, Undecided, substitute, symbols

MOST = 1 << 12
"""Numbers that are tried one by one."""


class ImpossibleError(Exception):
    """No number is left that a symbol could be."""

    def __init__(self, symbol: Symbol, minimum: int, maximum: int) -> None:
        super().__init__(f"`{symbol}` would be at least {minimum:,} and at most {maximum:,}")


def narrow(size: Size) -> None:
    """Take it as known that a size is 0 or more: its symbol's minimum rises, or its maximum falls.

    Nothing is learned where it depends on several symbols, or on products of one, or on what remains of a division.
    Raises ImpossibleError where no number would be left.
    """
    found = symbols(size) - {BATCH_SYMBOL}
    if isinstance(size, int) or len(found) != 1 or size.symbols() != found or _is_known(size):
        return
    (symbol,) = found
    period = _period(size)
    if period is None or (period := math.lcm(period, symbol.divisor)) // symbol.divisor > MOST:
        return
    start = next_multiple(symbol.minimum, symbol.divisor)
    at = {number: _at(size, symbol, number) for number in range(start, start + period, symbol.divisor)}
    rise = _at(size, symbol, start + period) - at[start]
    if rise > 0:
        least = max(last + 1 for last in _last_below(at, rise, period, start - 1))
        bound(symbol, minimum=least)
    elif rise < 0:
        bound(symbol, maximum=min(_first_below(at, rise, period)) - 1)


def bound(symbol: Symbol, *, minimum: int = 1, maximum: int | None = None, divisor: int = 1) -> None:
    """What is known of a symbol from here on, besides what was; raises ImpossibleError where no number is left."""
    divisor = math.lcm(symbol.divisor, divisor)
    low = next_multiple(max(symbol.minimum, minimum), divisor)
    high = min((most for most in (symbol.maximum, maximum) if most is not None), default=None)
    if high is not None:
        if high // divisor * divisor < low:
            raise ImpossibleError(symbol, low, high)
        high = high // divisor * divisor
    symbol.minimum, symbol.maximum, symbol.divisor = low, high, divisor


def next_multiple(size: int, divisor: int) -> int:
    """The smallest multiple that is no smaller."""
    return -(-size // divisor) * divisor


def _is_known(size: Dim) -> bool:
    try:
        return size >= 0
    except Undecided:
        return False


def _period(size: Size) -> int | None:
    """After how many numbers a size has grown by the same everywhere; None where it isn't so."""
    period = 1
    for monomial in size.terms if isinstance(size, Dim) else ():
        if len(monomial) > 1:
            return None
        for atom in monomial:
            if isinstance(atom, Quotient):
                inner = _period(atom.numerator)
                if inner is None or not isinstance(atom.denominator, int):
                    return None
                period = math.lcm(period, inner * atom.denominator)
    return period


def _at(size: Dim, symbol: Symbol, number: int) -> int:
    found = substitute(size, {symbol: number})
    assert isinstance(found, int)
    return found


def _last_below(at: dict[int, int], rise: int, period: int, otherwise: int) -> Iterator[int]:
    """The last number below 0 among each and those a period apart, where values rise."""
    for number, value in at.items():
        yield number + (-value - 1) // rise * period if value < 0 else otherwise


def _first_below(at: dict[int, int], rise: int, period: int) -> Iterator[int]:
    """The first number below 0 among each and those a period apart, where values fall."""
    for number, value in at.items():
        yield number + (value // -rise + 1) * period if value >= 0 else number
