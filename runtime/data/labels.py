"""What answers and inputs are usually called, and the names of text labels in their order."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

TARGET_ALIASES = ("label", "labels", "y", "target", "class")
DIGITS = 18
DATA_ALIASES = ("image", "x", "data", "input", "features", "pixel")


def names_of(values: Any) -> tuple[str, ...]:
    """The classes of text labels, sorted; names that are all whole numbers are sorted as numbers."""
    names = {str(text) for text in np.unique(np.asarray(values[:]))}
    return tuple(sorted(names, key=lambda name: (int(name), name)) if all_whole(names) else sorted(names))


def all_whole(names: Collection[str]) -> bool:
    """Whether every name is a whole number of at most 18 digits: longer ones are names and count nothing."""
    return all(name.isascii() and name.isdigit() and len(name) <= DIGITS for name in names)
