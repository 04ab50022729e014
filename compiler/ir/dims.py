"""Sizes known while compiling, some of them symbolic.

A size is an int or a Dim: a polynomial with rational coefficients over symbols (`H`, the batch) and floor quotients.
`H // 2` is the exact `1/2 H` where H is known to be even, and a floor quotient where it is not, so that
`2 * (H // 2)` equals `H` in the first case only. Results that are whole numbers are always plain ints.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Union


class Undecided(Exception):  # noqa: N818
    """A question about symbolic sizes whose answer depends on their values."""


class Symbol:
    """A named unknown size from `minimum` to `maximum` (None: any) that `divisor` divides. Equal by identity.

    `expect` narrows them, and so does what the layers of a finished net need.
    """

    __slots__ = ("divisor", "maximum", "minimum", "name")

    def __init__(self, name: str, *, minimum: int = 1, maximum: int | None = None, divisor: int = 1) -> None:
        self.name = name
        self.minimum = minimum
        self.maximum = maximum
        self.divisor = divisor

    def __repr__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Quotient:
    """floor(numerator / denominator); a denominator that is a number is positive."""

    numerator: Dim
    denominator: Size

    def __repr__(self) -> str:
        return f"{_word(self.numerator)}//{_word(self.denominator)}"


Atom = Union[Symbol, Quotient]  # noqa: UP007
Monomial = tuple[Atom, ...]
Coefficient = Union[int, Fraction]  # noqa: UP007
Size = Union[int, "Dim"]
Shape = tuple[Size, ...]


def _word(size: Size) -> str:
    text = str(size)
    return text if text.isalnum() else f"({text})"


def _order(monomial: Monomial) -> tuple[int, str]:
    return (-len(monomial), " ".join(map(repr, monomial)))


class Dim:
    """A symbolic size. Build one from a Symbol and arithmetic; compare by `==`, `<`, … (which may raise Undecided)."""

    __slots__ = ("terms",)

    def __init__(self, terms: Symbol | Mapping[Monomial, Coefficient]) -> None:
        self.terms: dict[Monomial, Coefficient] = {(terms,): 1} if isinstance(terms, Symbol) else dict(terms)

    @staticmethod
    def symbol(name: str, **known: int) -> Dim:
        """A new unknown size."""
        return Dim(Symbol(name, **known))

    def symbols(self) -> set[Symbol]:
        """Every symbol this size depends on."""
        found: set[Symbol] = set()
        for monomial in self.terms:
            for atom in monomial:
                if isinstance(atom, Symbol):
                    found.add(atom)
                else:
                    found |= atom.numerator.symbols() | symbols(atom.denominator)
        return found

    # ------------------------------------------------------------ arithmetic
    def __add__(self, other: Size) -> Size:
        terms = dict(self.terms)
        for monomial, coefficient in _terms(other).items():
            terms[monomial] = terms.get(monomial, 0) + coefficient
        return _simplest(terms)

    def __mul__(self, other: Size) -> Size:
        if isinstance(other, int):
            return Dim({monomial: other * coefficient for monomial, coefficient in self.terms.items()}) if other else 0
        terms: dict[Monomial, Coefficient] = {}
        for left, x in self.terms.items():
            for right, y in _terms(other).items():
                monomial = tuple(sorted(left + right, key=repr))
                terms[monomial] = terms.get(monomial, 0) + x * y
        return _simplest(terms)

    def __neg__(self) -> Size:
        return self * -1

    def __sub__(self, other: Size) -> Size:
        return self + -other

    def __rsub__(self, other: int) -> Size:
        return -self + other

    def __floordiv__(self, other: Size) -> Size:
        return floor_divide(self, other)

    def __rfloordiv__(self, other: int) -> Size:
        return floor_divide(other, self)

    def __mod__(self, other: Size) -> Size:
        return self - floor_divide(self, other) * other

    def __rmod__(self, other: int) -> Size:
        return other - floor_divide(other, self) * self

    def __pow__(self, exponent: int) -> Size:
        result: Size = 1
        for _ in range(exponent):
            result = self * result
        return result

    __radd__ = __add__
    __rmul__ = __mul__

    # ------------------------------------------------------------ questions
    def __eq__(self, other: object) -> bool:
        """Structural: equal for every value of the symbols. Never raises."""
        return isinstance(other, Dim) and self.terms == other.terms

    def __hash__(self) -> int:
        return hash(frozenset(self.terms.items()))

    def __ge__(self, other: Size) -> bool:
        difference = self - other
        lower, upper = bounds(difference)
        if lower is not None and lower >= 0:
            return True
        if upper is not None and upper < 0:
            return False
        raise Undecided(f"{self} >= {other}")

    def __gt__(self, other: Size) -> bool:
        return self >= other + 1

    def __le__(self, other: Size) -> bool:
        return not self > other

    def __lt__(self, other: Size) -> bool:
        return not self >= other

    def __repr__(self) -> str:
        text = ""
        for monomial in sorted(self.terms, key=_order):
            coefficient = self.terms[monomial]
            size = -coefficient if coefficient < 0 else coefficient
            alone = len(monomial) == 1 and size == 1
            factors = [f"{atom}" if alone or isinstance(atom, Symbol) else f"({atom})" for atom in monomial]
            if size.numerator != 1 or not factors:
                factors.insert(0, str(size.numerator))
            part = "*".join(factors) + (f"/{size.denominator}" if size.denominator != 1 else "")
            sign = "-" if coefficient < 0 else "+" if text else ""
            text += f" {sign} {part}" if text else sign + part
        return text


def _terms(size: Size) -> dict[Monomial, Coefficient]:
    return size.terms if isinstance(size, Dim) else {(): size}


def _simplest(terms: Mapping[Monomial, Coefficient]) -> Size:
    kept = {monomial: coefficient for monomial, coefficient in terms.items() if coefficient}
    if not kept:
        return 0
    constant = kept.get(())
    if len(kept) == 1 and constant is not None and constant.denominator == 1:
        return int(constant)
    return Dim(kept)


def _always_whole(monomial: Monomial, coefficient: Coefficient) -> bool:
    divisor = math.prod(atom.divisor for atom in monomial if isinstance(atom, Symbol))
    return (coefficient * divisor).denominator == 1


def size_weight(size: Size, most: int) -> int:
    """How many symbols and quotients a size is written with, those inside quotients included; ends past `most`."""
    found = 0
    waiting = [size]
    while waiting and found <= most:
        size = waiting.pop()
        for monomial in _terms(size):
            found += 1 + len(monomial)
            waiting += [part for atom in monomial if isinstance(atom, Quotient)
                        for part in (atom.numerator, atom.denominator)]  # fmt: skip
    return found


def floor_divide(size: Size, by: Size) -> Size:
    """floor(size / by), exact where divisibility is known."""
    if isinstance(size, int) and isinstance(by, int):
        return size // by
    if isinstance(by, Dim):
        return _divide_by_symbolic(size, by)
    if by == 1:
        return size
    if by < 0:  # what is asked of quotients later takes numbers below the line to be positive
        return floor_divide(-size, -by)
    whole: dict[Monomial, Coefficient] = {}
    rest: dict[Monomial, Coefficient] = {}
    for monomial, coefficient in _terms(size).items():
        share = Fraction(coefficient, by)
        if monomial == () and coefficient.denominator == 1:
            quotient, remainder = divmod(int(coefficient), by)
            whole[()] = whole.get((), 0) + quotient
            rest[()] = remainder
        elif _always_whole(monomial, share):
            whole[monomial] = whole.get(monomial, 0) + share
        else:
            rest[monomial] = coefficient
    remainder_size = _simplest(rest)
    if isinstance(remainder_size, int):
        return _simplest(whole) + remainder_size // by
    return _simplest(whole) + _quotient(remainder_size, by)


def divide_exactly(size: Size, by: int) -> Size:
    """size / by, where the caller knows that it is whole."""
    return _simplest({monomial: Fraction(coefficient, by) for monomial, coefficient in _terms(size).items()})


def _quotient(numerator: Dim, by: int) -> Size:
    """floor(numerator / by), folding floor(floor(x / m) + c) / n) into one quotient."""
    atoms = [monomial for monomial in numerator.terms if monomial]
    if len(atoms) == 1 and len(atoms[0]) == 1 and numerator.terms[atoms[0]] == 1:
        inner = atoms[0][0]
        if isinstance(inner, Quotient) and isinstance(inner.denominator, int):
            constant = numerator.terms.get((), 0)
            if constant.denominator == 1:
                return floor_divide(inner.numerator + int(constant) * inner.denominator, inner.denominator * by)
    return Dim({(Quotient(numerator, by),): 1})


def _take_away(factors: list[Atom], divisor: Monomial) -> bool:
    """Remove the divisor's factors; False where one is missing."""
    for atom in divisor:
        if atom not in factors:
            return False
        factors.remove(atom)
    return True


def _divide_by_symbolic(size: Size, by: Dim) -> Size:
    if isinstance(size, int):
        size = Dim({(): size})
    if len(by.terms) == 1:
        ((divisor, scale),) = by.terms.items()
        shares: dict[Monomial, Coefficient] = {}
        for monomial, coefficient in size.terms.items():
            left = list(monomial)
            if not _take_away(left, divisor):
                break
            shares[tuple(left)] = Fraction(coefficient, scale)
        else:
            if all(_always_whole(monomial, share) for monomial, share in shares.items()):
                return _simplest(shares)
    return 1 if size == by else Dim({(Quotient(size, by),): 1})


def bounds(size: Size) -> tuple[int | None, int | None]:
    """The smallest and the largest value a size can take; None where there is no bound."""
    lower: Fraction | None = Fraction(0)
    upper: Fraction | None = Fraction(0)
    for monomial, coefficient in _terms(size).items():
        low, high = _monomial_bounds(monomial)
        if coefficient < 0:
            low, high = high, low
        lower = None if lower is None or low is None else lower + coefficient * low
        upper = None if upper is None or high is None else upper + coefficient * high
    return (None if lower is None else math.ceil(lower)), (None if upper is None else math.floor(upper))


def _monomial_bounds(monomial: Monomial) -> tuple[int | None, int | None]:
    low: int = 1
    high: int | None = 1
    for atom in monomial:
        smallest, largest = (atom.minimum, atom.maximum) if isinstance(atom, Symbol) else _quotient_bounds(atom)
        if smallest is None or smallest < 0:
            return None, None
        low *= smallest
        high = None if high is None or largest is None else high * largest
    return low, high


def _quotient_bounds(quotient: Quotient) -> tuple[int | None, int | None]:
    low, high = bounds(quotient.numerator)
    if isinstance(quotient.denominator, int):
        by = quotient.denominator
        return None if low is None else low // by, None if high is None else high // by
    return (0 if low is not None and low >= 0 and never_negative(quotient.denominator) else None), None


def never_negative(size: Size) -> bool:
    """Whether a size is known to be 0 or more for all values of its symbols."""
    low, _ = bounds(size)
    return low is not None and low >= 0


def symbols(size: Size) -> set[Symbol]:
    """Every symbol a size depends on."""
    return size.symbols() if isinstance(size, Dim) else set()


def substitute(size: Size, values: Mapping[Symbol, Size]) -> Size:
    """The size with some symbols replaced; with all of them given as ints the result is an int."""
    if isinstance(size, int):
        return size
    if len(size.terms) == 1:  # a multiple of one symbol, as the batch mostly is
        ((monomial, coefficient),) = size.terms.items()
        known = values.get(monomial[0]) if len(monomial) == 1 and isinstance(monomial[0], Symbol) else None
        if type(known) is int and type(coefficient) is int:
            return known * coefficient

    def atom_value(atom: Atom) -> Size:
        if isinstance(atom, Symbol):
            return values[atom] if atom in values else Dim(atom)
        return floor_divide(substitute(atom.numerator, values), substitute(atom.denominator, values))

    return _sum_of_products(size, atom_value)


def _sum_of_products(size: Dim, atom_value: Callable[[Atom], Size]) -> Size:
    fractional: dict[Monomial, Coefficient] = {}
    for monomial, coefficient in size.terms.items():
        product: Size = 1
        for atom in monomial:
            product = product * atom_value(atom)
        for key, share in _terms(product).items():
            fractional[key] = fractional.get(key, 0) + share * coefficient
    return _simplest(fractional)


def product(sizes: Shape) -> Size:
    """The product of sizes; 1 for none."""
    whole, symbolic = 1, []
    for size in sizes:
        if isinstance(size, int):
            whole *= size
        else:
            symbolic.append(size)
    result: Size = whole
    for size in symbolic:
        result = size * result
    return result


BATCH_SYMBOL = Symbol("N")
BATCH = Dim(BATCH_SYMBOL)
"""The first symbolic size: the number of examples in a batch, axis 0 of everything that flows."""


def format_shape(shape: Shape) -> str:
    """`32x14x14`; symbolic sizes that are not one word stand in parentheses; no axes are a "scalar"."""
    return "x".join(map(_word, shape)) if shape else "scalar"
