"""What a net needs of the sizes that its inputs leave open: of `[3, H, W]`, H and W."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from netc.compiler.ir.dims import BATCH_SYMBOL, Size, Symbol, symbols
from netc.compiler.ir.graph import Value
from netc.compiler.ir.text_reader import read_size

LONGEST = 1000
"""Characters of a size's text, which may come from anybody."""


def needed_sizes(inputs: Iterable[Value]) -> dict[str, dict[str, int]]:
    """`{"H": {"minimum": 32, "divisor": 16, "maximum": 512}}`, of those that may not be anything."""
    return _needed({symbol for value in inputs for size in value.shape for symbol in symbols(size)} - {BATCH_SYMBOL})


def _needed(opened: Iterable[Symbol]) -> dict[str, dict[str, int]]:
    found = {}
    for symbol in sorted(opened, key=lambda symbol: symbol.name):
        most = {} if symbol.maximum is None else {"maximum": symbol.maximum}
        if symbol.minimum > 1 or symbol.divisor > 1 or most:
            found[symbol.name] = {"minimum": symbol.minimum, "divisor": symbol.divisor, **most}
    return found


def known_of(sizes: Iterable[Size]) -> list[str]:
    """What is known of the open sizes that these are made of: `H is at least 10`."""
    opened = {symbol for size in sizes for symbol in symbols(size)} - {BATCH_SYMBOL}
    return [f"{name} is {in_words(needed)}" for name, needed in _needed(opened).items()]


def unmet(needed: Mapping[str, int], size: int) -> str | None:
    """In words what one of them has to be, where a size is not that."""
    enough = size >= needed["minimum"] and size % needed["divisor"] == 0 and size <= needed.get("maximum", size)
    return None if enough else in_words(needed)


def in_words(needed: Mapping[str, int]) -> str:
    """What one of them has to be: `a multiple of 16 between 32 and 512`, `at least 7`, `at most 4`."""
    low, high, divisor = needed["minimum"], needed.get("maximum"), needed["divisor"]
    multiple = f"a multiple of {divisor}" if divisor > 1 else ""
    if low > divisor and high is not None:
        return f"{multiple} between {low} and {high}".strip()
    limit = f"at most {high}" if high is not None else f"at least {low}" if low > divisor else ""
    return " of ".join(part for part in (multiple, limit) if part)


def size_in(text: str, sizes: Mapping[str, int]) -> int | None:
    """The number that a size's text, such as `2*(H//2)`, is; None where others are in it, or it is none."""
    if len(text) > LONGEST:
        return None
    try:
        number = read_size(text, sizes)
    except (ValueError, TypeError, ArithmeticError, LookupError, RecursionError):
        return None
    return number if isinstance(number, int) else None
