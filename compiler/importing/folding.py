"""What is known while importing is worked out, open sizes too: `fold/` has what each operator makes of arrays."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from netc.compiler.importing.findings import LIMITS, too_large
from netc.compiler.importing.records import Array

Fold = Callable[..., Any]
"""Of the node and its inputs, None for one that is left out; an array, or a tuple of them."""

FOLDS: dict[str, Fold] = {}


def folds(*ops: str) -> Callable[[Fold], Fold]:
    """Register what an operator makes of arrays."""

    def register(fold: Fold) -> Fold:
        FOLDS.update(dict.fromkeys(ops, fold))
        return fold

    return register


def limited(shape: Iterable[Any], most: str = "elements") -> tuple[int, ...]:
    """A shape of known sizes, of no more elements than are made here; raises DiagnosticError E592."""
    sizes = tuple(int(size) for size in shape)
    if math.prod(sizes) > LIMITS[most] or len(sizes) > LIMITS["rank"]:
        raise too_large("numbers in a constant", math.prod(sizes), LIMITS[most])
    return sizes


def held(x: Array) -> Array:
    """An array that is about to be copied: a number repeated has no more places than what is made here; raises E592."""
    if 0 in x.strides:
        limited(x.shape)
    return x
