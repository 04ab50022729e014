"""What answers and inputs are usually called, and the names of text labels in their order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from netc.runtime.data.errors import error

TARGET_ALIASES = ("label", "labels", "y", "target", "class")
DIGITS = 18
DATA_ALIASES = ("image", "x", "data", "input", "features", "pixel")


def names_of(values: Any) -> tuple[str, ...]:
    """The classes of text labels, sorted; names that are all whole numbers are sorted as numbers."""
    names = {str(text) for text in np.unique(np.asarray(values[:]))}
    return tuple(sorted(names, key=lambda name: (int(name), name)) if all_whole(names) else sorted(names))


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
