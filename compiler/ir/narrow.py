"""What a condition about sizes says of the one symbol that it depends on."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator

from netc.compiler.ir.dims import BATCH_SYMBOL, Dim, Quotient, Size, Symbol, Undecided, substitute, symbols

MOST = 1 << 16
"""Numbers that are tried one by one, for all conditions together."""

LARGEST = 1 << 31
"""Sizes of tensors are below it."""


class ImpossibleError(Exception):
    """No number is left that a symbol could be."""

    def __init__(self, symbol: Symbol, minimum: int, maximum: int) -> None:
        least = f"{minimum:,}" if minimum < 10**20 else "10^20"
        super().__init__(f"`{symbol}` would be at least {least} and at most {maximum:,}")


def bound(symbol: Symbol, *, minimum: int = 1, maximum: int | None = None, divisor: int = 1) -> None:
    """What is known of a symbol from here on, besides what was; raises ImpossibleError where no number is left."""
    divisor = math.lcm(symbol.divisor, divisor)
    low = next_multiple(max(symbol.minimum, minimum), divisor)
    if low >= LARGEST:
        raise ImpossibleError(symbol, low, LARGEST - 1)
    high = min((most for most in (symbol.maximum, maximum) if most is not None), default=None)
    if high is not None:
        if high // divisor * divisor < low:
            raise ImpossibleError(symbol, low, high)
        high = high // divisor * divisor
    symbol.minimum, symbol.maximum, symbol.divisor = low, high, divisor


def next_multiple(size: int, divisor: int) -> int:
    """The smallest multiple that is no smaller."""
    return -(-size // divisor) * divisor


class Narrowing:
    """Conditions taken as known one after the other; `tried` counts the numbers that were tried one by one."""

    def __init__(self) -> None:
        self.tried = 0

    def at_least_0(self, size: Size) -> None:
        """Take it as known that a size is 0 or more: its symbol's minimum rises, or its maximum falls.

        Nothing is learned where it depends on several symbols, on products of one, or on what remains of a division,
        nor where more numbers would have to be tried than may still be. Raises ImpossibleError where no number would
        be left.
        """
        found = symbols(size)
        if not isinstance(size, Dim) or len(found) != 1 or BATCH_SYMBOL in found or _is_known(size):
            return
        (symbol,) = found
        period = _period(size)
        if period is None:
            return
        if (direction := _direction(size)) is not None:
            _narrow_monotone(size, symbol, direction)
            return
        period = math.lcm(period, symbol.divisor)
        count = period // symbol.divisor
        if self.tried + count <= MOST:
            self.tried += count
            _narrow_any(size, symbol, period)


def _is_known(size: Dim) -> bool:
    try:
        return size >= 0
    except Undecided:
        return False


def _direction(size: Size) -> int | None:
    """1 for a size that never falls while its symbol rises, -1 for one that never rises, None for others."""
    found = set()
    for monomial, coefficient in size.terms.items() if isinstance(size, Dim) else ():
        for atom in monomial:
            inner = _direction(atom.numerator) if isinstance(atom, Quotient) else 1
            if inner is None:
                return None
            found.add(inner if coefficient > 0 else -inner)
    return found.pop() if len(found) == 1 else None


def _narrow_monotone(size: Dim, symbol: Symbol, direction: int) -> None:
    """The first multiple of the symbol's divisor at which the size is right, or the last, by halves."""
    multiples = range(next_multiple(symbol.minimum, symbol.divisor), LARGEST, symbol.divisor)
    if direction > 0:
        at = bisect_left(multiples, True, key=lambda number: _at(size, symbol, number) >= 0)
        if at == len(multiples):
            raise ImpossibleError(symbol, LARGEST, LARGEST - 1)
        bound(symbol, minimum=multiples[at])
    else:
        at = bisect_left(multiples, True, key=lambda number: _at(size, symbol, number) < 0)
        if at < len(multiples):
            bound(symbol, maximum=multiples[at] - 1)


def _narrow_any(size: Dim, symbol: Symbol, period: int) -> None:
    """A size grows by the same over every period, so that one period tells all of it."""
    start = next_multiple(symbol.minimum, symbol.divisor)
    at = {number: _at(size, symbol, number) for number in range(start, start + period, symbol.divisor)}
    rise = _at(size, symbol, start + period) - at[start]
    if rise > 0:
        bound(symbol, minimum=max(last + 1 for last in _last_below(at, rise, period, start - 1)))
    elif rise < 0:
        bound(symbol, maximum=min(_first_below(at, rise, period)) - 1)


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
