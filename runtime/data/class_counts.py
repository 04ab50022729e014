"""How many rows each class has: findings about classes of few rows or none, before a training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, Severity
from netc.runtime.data.cards.card import Card, TargetCard
from netc.runtime.data.dataset import DataSet, Field
from netc.runtime.data.match import listed

UNEVEN = 10
"""How many times the rows of the rarest class make the most frequent one a finding."""


class Part(Protocol):
    """Rows that are bound."""

    @property
    def fields(self) -> Mapping[str, Field]:
        """Input or target -> its values."""
        ...


def check_classes(
    data: DataSet, names: Sequence[str], bound: Sequence[Part], ports: Sequence[Mapping[str, Any]], card: Card
) -> Iterator[Diagnostic]:
    """Warnings E522 and E525 for each target of one class a row.

    names  of the parts; the first is the one to train on
    """
    for port in ports:
        target = card.target(port["name"])
        if target is None or target.kind != "classes" or target.count is None:
            continue
        values = [_labels(part, target.name, target.count) for part in bound]
        found = max(len(target.classes or ()), *(1 + int(labels.max(initial=0)) for labels in values))
        if found < target.count:
            yield _few(data, target, found)
        if all(len(part.fields[port["name"]].shape) == 1 for part in bound):
            counts = [np.bincount(part, minlength=found) for part in values]
            yield from _uneven(data, target, names, counts)


def counted_in(card: Card, train: Part) -> Card:
    """The card with how many labels of each class there are to train on."""

    def counted_target(target: TargetCard) -> TargetCard:
        if target.kind != "classes" or target.count is None or target.name not in train.fields:
            return target
        labels = _labels(train, target.name, target.count)
        return replace(target, counts=tuple(np.bincount(labels, minlength=target.count).tolist()))

    return replace(card, targets=tuple(map(counted_target, card.targets)))


def _labels(part: Part, name: str, count: int) -> np.ndarray:
    """All labels of a part that are classes; others are what losses ignore."""
    labels = np.asarray(part.fields[name][:]).reshape(-1).astype(np.int64)
    return labels[(labels >= 0) & (labels < count)]


def _uneven(
    data: DataSet, target: TargetCard, names: Sequence[str], counts: Sequence[np.ndarray]
) -> Iterator[Diagnostic]:
    total = sum(counts[1:], counts[0])
    named = target.classes or ()
    called = [*named, *map(str, range(len(named), len(total)))]
    absent = [called[at] for at in np.flatnonzero(counts[0] == 0)]
    if absent:
        yield _warning(
            f"{data.name} has no row to train on of {_of(absent)} in `{target.source}`",
            "a class without rows is never learned",
            help="bring rows of it, or take the class out of the data and the net",
        )
    single = [called[at] for at in np.flatnonzero(total == 1)]
    if single:
        yield _warning(
            f"{data.name} has one row alone of {_of(single)} in `{target.source}`",
            "it is trained on or measured, never both",
            help="bring more rows of it, or leave it out",
        )
    for name, part in zip(names[1:], counts[1:], strict=True):
        lacking = [called[at] for at in np.flatnonzero((part == 0) & (total > 1) & (counts[0] > 0))]
        if lacking:
            message = f"part {name} of {data.name} has no row of {_of(lacking)} in `{target.source}`"
            yield _warning(message, "what is measured says nothing about it", help="hold rows of every class out")
    there = np.flatnonzero(counts[0] > 1)
    if len(there) > 1:
        most, least = there[np.argmax(counts[0][there])], there[np.argmin(counts[0][there])]
        high, low = int(counts[0][most]), int(counts[0][least])
        if high >= UNEVEN * low:
            yield _warning(
                f"the classes of {data.name} are very uneven: {counted(high, 'row')} of `{called[most]}`, "
                f"{low:,} of `{called[least]}`",
                f"always answering `{called[most]}` is right for {high / int(counts[0].sum()):.1%} of the rows",
                help="bring more rows of the rare classes, and judge by more than accuracy",
            )


def _few(data: DataSet, target: TargetCard, found: int) -> Diagnostic:
    return Diagnostic(
        "E522",
        f"{data.name} has {counted(found, 'class', 'classes')} in `{target.source}`, the net has {target.count}",
        notes=("outputs without rows learn to be never chosen",),
        help=f"give the net {counted(found, 'class', 'classes')}, unless other data will bring the rest",
        severity=Severity.WARNING,
    )


def _of(names: Sequence[str]) -> str:
    return f"class `{names[0]}`" if len(names) == 1 else f"{counted(len(names), 'class', 'classes')}: {listed(names)}"


def _warning(message: str, *notes: str, help: str) -> Diagnostic:
    return Diagnostic("E525", message, notes=notes, help=help, severity=Severity.WARNING)
