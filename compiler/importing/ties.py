"""Weights that a model uses more than once stay one: layers that are `shared`, and tables that are another's weight."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from netc.compiler.importing.calls import Borrowed, Call, Tie
from netc.compiler.importing.lowering import Weight
from netc.compiler.importing.records import origin
from netc.compiler.layers.base import layer

Known = dict[str, list[tuple[Call, str]]]
"""By where a weight came from: the layers that have it, and how they call it."""


def tied(calls: Iterable[Call]) -> list[Tie]:
    """Let layers whose weights are the same ones share them; calls come in the order in which they run."""
    known: Known = {}
    ties: dict[Call, Tie] = {}
    for call in calls:
        if not call.weights:
            continue
        owner = next((first for first, _ in _with(known, call.weights.values()) if _same(first, call)), None)
        if owner is not None:
            call.tie = owner.tie = ties.setdefault(owner, Tie(owner))
            call.weights = {}
            continue
        _borrow(call, known, ties)
        for leaf, weight in call.weights.items():
            known.setdefault(origin(weight.key), []).append((call, leaf))
    return list(ties.values())


def _with(known: Known, weights: Iterable[Weight]) -> list[tuple[Call, str]]:
    return [entry for weight in weights for entry in known.get(origin(weight.key), ())]


def _same(first: Call, call: Call) -> bool:
    """Whether a call is an earlier layer once more, with all its weights."""
    return (
        (first.word, first.arguments) == (call.word, call.arguments)
        and _is_shareable(first)
        and _is_shareable(call)
        and first.weights.keys() == call.weights.keys()
        and all(_equal(weight, call.weights[leaf]) for leaf, weight in first.weights.items())
    )


def _is_shareable(call: Call) -> bool:
    """Whether one value flows into a layer, and it reads nothing else."""
    return len(call.sources) == 1 and call.word != "parameter" and call.reads == list(call.sources)


def _borrow(call: Call, known: Known, ties: dict[Call, Tie]) -> None:
    """Let a layer have an earlier one's weight as its own, as it is or transposed."""
    weight = call.weights.get("weight")
    if weight is None or "weight" not in layer.all()[call.word].arguments:
        return
    for first, leaf in known.get(origin(weight.key), ()):
        theirs = first.weights[leaf]
        across = not _equal(theirs, weight)
        if not _is_shareable(first) or (across and not _equal(theirs, weight, across=True)):
            continue
        first.tie = ties.setdefault(first, Tie(first))
        call.arguments = {**call.arguments, "weight": Borrowed(first.tie, leaf, across)}
        call.weights = {name: item for name, item in call.weights.items() if name != "weight"}
        return


def _equal(a: Weight, b: Weight, across: bool = False) -> bool:
    """Whether two weights are one: of one tensor of the model, with the same numbers in the same places."""
    theirs = a.array.T if across else a.array
    return (
        origin(a.key) == origin(b.key)
        and (not across or a.array.ndim == 2)
        and theirs.shape == b.array.shape
        and np.array_equal(theirs, b.array)
    )
