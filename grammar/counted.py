"""How a count is said: `1 row`, `1,000 rows`, `16 MiB`."""

from __future__ import annotations

import math

BINARY_UNITS = ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))


def counted(number: object, noun: str, plural: str = "") -> str:
    """A number with what it counts, in the plural unless it is 1: `counted(2, "class", "classes")`.

    A size that only a run knows is said in the plural.
    """
    shown = f"{number:,}" if isinstance(number, int) else str(number)
    return f"{shown} {noun_for(number, noun, plural)}"


def bounded(low: float | None, high: float | None) -> str:
    """The numbers between two bounds, None and infinity for none: `a number from 0 to 1`, `a number of at least 0`."""
    at_least = low is not None and math.isfinite(low)
    at_most = high is not None and math.isfinite(high)
    if at_least and at_most:
        return f"a number from {low:g} to {high:g}"
    return f"a number of at least {low:g}" if at_least else f"a number of at most {high:g}" if at_most else "a number"


def size(number: int | str) -> str:
    """Bytes in decimal units, as files and tables have them: `1.5 MB`; a symbolic number as it is."""
    if isinstance(number, str):
        return counted(number, "byte")
    amount: float = number
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 1000 or unit == "GB":
            break
        amount /= 1000
    return counted(number, "byte") if unit == "bytes" else f"{amount:,.1f} {unit}"


def binary_size(number: float) -> str:
    """Bytes in the units of memory, as limits and machines have them: `16 MiB`, `1.5 GiB`, `9 bytes`."""
    for unit, name in BINARY_UNITS:
        if number >= unit:
            return f"{number / unit:,.0f} {name}" if number % unit == 0 else f"{number / unit:,.1f} {name}"
    return counted(round(number), "byte")


def noun_for(number: object, noun: str, plural: str = "") -> str:
    """The noun alone: `column` in front of one name, `columns` in front of several."""
    return noun if str(number) == "1" else plural or f"{noun}s"
