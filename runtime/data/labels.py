"""What answers and inputs are usually called, and the names of text labels in their order."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from netc.runtime.data.errors import error
from netc.runtime.data.tables.decimals import number

TARGET_ALIASES = ("label", "labels", "y", "target", "class")
DIGITS = 18
DATA_ALIASES = ("image", "x", "data", "input", "features", "pixel")


def names_of(values: Any) -> tuple[str, ...]:
    """The classes of text labels, sorted; names that are all whole numbers are sorted as numbers."""
    names = {str(text) for text in np.unique(np.asarray(values[:]))}
    return tuple(sorted(names, key=lambda name: (int(name), name)) if all_whole(names) else sorted(names))


def numbers_among(names: Iterable[str]) -> dict[float, str]:
    """The names that are numbers, by what they are; where two are the same number, such as `1` and `01`, it is `1`."""
    found: dict[float, str] = {}
    for name in names:
        if (value := _finite(name)) is not None:
            found[value] = written(value) if value in found else name
    return found


def called(value: float, numbers: Mapping[float, str]) -> str:
    """A label that is a number as the name among `numbers` that is the same number, else as it is written."""
    return numbers.get(value, written(value))


def written(value: float) -> str:
    """A number as people write it: whole ones without a point."""
    return str(int(value)) if math.isfinite(value) and value == int(value) else str(value)


def _finite(name: str) -> float | None:
    try:
        value = int(name) if all_whole([name]) else number(name)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def holds_text(values: Any) -> bool:
    """Whether a field is one of texts: an array of one width, or of Python's own, each of which takes its own room."""
    return np.dtype(values.dtype).kind in "UO"


def check_names(place: str, names: Sequence[str]) -> None:
    """Raise E503 for names of classes 0, 1, … that no card keeps: none at all, one that is blank, or one twice."""
    blank = next((at for at, name in enumerate(names) if not name.strip()), None)
    twice = next((name for name, count in Counter(names).items() if count > 1), None)
    if not names:
        message = f"{place} names no class"
    elif blank is not None:
        message = f"{place} has no name for class {blank}"
    elif twice is not None:
        first, second = [at for at, name in enumerate(names) if name == twice][:2]
        message = f"{place} calls class {first} and class {second} `{twice}`"
    else:
        return
    raise error("E503", message, "later data find their classes by name", help="give each class a name of its own")


def all_whole(names: Collection[str]) -> bool:
    """Whether every name is a whole number of at most 18 digits: longer ones are names and count nothing."""
    return all(name.isascii() and name.isdigit() and len(name) <= DIGITS for name in names)
