"""Batches that a caller makes: a PyTorch DataLoader, a generator, a list. Nothing is known of them but what comes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np

from netc.compiler import Port
from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.data.card import NO_CARD, Card
from netc.runtime.data.errors import error
from netc.runtime.data.feed import feed
from netc.runtime.data.named import named
from netc.runtime.sessions.resident import Array

_END = object()


class Stream:
    """The batches of an iterable, checked one by one, and scaled as the card says.

    first  the first batch as it came: the card of a training is made of it
    steps  batches of an epoch: as the caller says, else what the iterable says of its length

    Without the caller's `steps` an epoch is one pass. With it an epoch takes the next batches, and what can be
    iterated anew begins again when it ends. Raises DiagnosticError E559, E580.
    """

    def __init__(self, source: Iterable[Any], ports: Sequence[Port], steps: int | None = None) -> None:
        self.ports, self.card = ports, NO_CARD
        self._source, self._running = source, iter(source)
        self._is_pass, self._is_fresh = steps is None, True
        self._can_repeat = self._running is not source
        self.steps = _length(source) if steps is None else steps
        if self.steps < 1 or (item := next(self._running, _END)) is _END:
            raise error("E559", "there are no batches to train on", help="give at least one")
        self.first = named(item, ports)
        self._running = chain([self.first], self._running)

    def epoch(self, start: int = 0) -> Iterator[dict[str, Array]]:
        """The batches of an epoch from number `start` on; raises DiagnosticError E555 to E558, E581."""
        if self._is_pass and not self._is_fresh:
            self._running = iter(self._source)
        self._is_fresh = False
        for number in range(0 if self._is_pass else start, self.steps):
            item = self._next(number)
            if number >= start:
                yield self._batch(item, number)
        if self._is_pass and next(self._running, _END) is not _END:
            message = f"{type(self._source).__name__} gave more than the {self.steps:,} batches of its length"
            raise error("E581", message, help="say how many make an epoch: `steps=`")

    def _next(self, number: int) -> Any:
        item = next(self._running, _END)
        if item is _END and self._can_repeat and not self._is_pass:
            self._running = iter(self._source)
            item = next(self._running, _END)
        if item is _END:
            message = f"{type(self._source).__name__} ended after {number:,} of {self.steps:,} batches of an epoch"
            raise error("E581", message, help="give what goes on, or fewer `steps=` or epochs")
        return item

    def _batch(self, item: Any, number: int) -> dict[str, Array]:
        try:
            fed = feed(self.ports, named(item, self.ports), self.card)
        except DiagnosticError as wrong:
            where = f"batch {number + 1:,} of the epoch"
            raise DiagnosticError([replace(it, notes=(*it.notes, where)) for it in wrong.diagnostics]) from None
        rows = {len(array) for array in fed.values()}
        if len(rows) > 1 or rows == {0}:
            counts = ", ".join(f"{len(array):,} of `{name}`" for name, array in fed.items())
            raise error(
                "E556", f"batch {number + 1:,} of the epoch has rows: {counts}", help="give each row everything"
            )
        return fed


def _length(source: Any) -> int:
    """The batches of one pass; raises DiagnosticError E580 where nobody says so."""
    try:
        return len(source)
    except TypeError:
        message = f"{type(source).__name__} doesn't say how many batches make an epoch"
        raise error("E580", message, help="add `steps=100`; schedules and checkpoints count by it") from None


def one_pass(source: Iterable[Any], ports: Sequence[Port], card: Card) -> Iterator[Mapping[str, Array]]:
    """Every batch once, to measure on; raises DiagnosticError E555 to E559."""
    stream = Stream(source, ports)
    stream.card = card
    return stream.epoch()


def is_batches(data: Any) -> bool:
    """Whether this gives batches one after the other: it can be iterated, and is no single array, text or table."""
    single = isinstance(data, str | bytes | Mapping | np.ndarray) or hasattr(data, "shape") or hasattr(data, "columns")
    return hasattr(data, "__iter__") and not single
