"""How a count is said: `1 row`, `1,000 rows`."""

from __future__ import annotations


def counted(number: object, noun: str, plural: str = "") -> str:
    """A number with what it counts, in the plural unless it is 1: `counted(2, "class", "classes")`.

    A size that only a run knows is said in the plural.
    """
    shown = f"{number:,}" if isinstance(number, int) else str(number)
    return f"{shown} {noun_for(number, noun, plural)}"


def noun_for(number: object, noun: str, plural: str = "") -> str:
    """The noun alone: `column` in front of one name, `columns` in front of several."""
    return noun if str(number) == "1" else plural or f"{noun}s"
