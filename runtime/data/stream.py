"""Batches that a caller makes: a PyTorch DataLoader, a generator, a list. Nothing is known of them but what comes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, islice
from typing import Any

import numpy as np

from netc.compiler import Port
from netc.grammar.counted import counted
from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.data.cards.card import NO_CARD, Card
from netc.runtime.data.errors import error
from netc.runtime.data.feed import feed
from netc.runtime.data.named import named
from netc.runtime.sessions.resident import Array

_END = object()
Batch = dict[str, Array]
Noted = Callable[[str], object]


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

    def epoch(self, start: int = 0, fewest: int = 1, noted: Noted | None = None) -> Iterator[dict[str, Array]]:
        """The batches of an epoch from number `start` on; raises DiagnosticError E506, E555 to E558, E581.

        fewest  rows of a batch; fewer are joined to the batch before where that has as many or more
        noted   is told of such a batch, and of one that cannot be joined and is left out
        """
        if self._is_pass and not self._is_fresh:
            self._running = iter(self._source)
        self._is_fresh = False
        passed = start if self._is_pass else 0
        batches = self._batches(start - passed)
        yield from islice(batches if fewest == 1 else joined(batches, fewest, noted), passed, None)

    def _batches(self, start: int) -> Iterator[dict[str, Array]]:
        for number in range(start, self.steps):
            yield self._batch(self._next(number), number)
        if self._is_pass and next(self._running, _END) is not _END:
            length = counted(self.steps, "batch", "batches")
            message = f"{type(self._source).__name__} gave more than the {length} of its length"
            raise error("E581", message, help="say how many make an epoch: `steps=`")

    def _next(self, number: int) -> Any:
        item = next(self._running, _END)
        if item is _END and self._can_repeat and not self._is_pass:
            self._running = iter(self._source)
            item = next(self._running, _END)
        if item is _END:
            epoch = counted(self.steps, "batch", "batches")
            message = f"{type(self._source).__name__} ended after {number:,} of {epoch} of an epoch"
            raise error("E581", message, help="give what goes on, or fewer `steps=` or epochs")
        return item

    def _batch(self, item: Any, number: int) -> dict[str, Array]:
        try:
            given = named(item, self.ports)
            fed = feed(self.ports, given, self.card, finite=True)
        except DiagnosticError as wrong:
            where = f"batch {number + 1:,} of the epoch"
            raise DiagnosticError([replace(it, notes=(*it.notes, where)) for it in wrong.diagnostics]) from None
        if not len(next(iter(fed.values()))):
            raise error("E556", f"batch {number + 1:,} of the epoch has no rows", help="give at least one example")
        return {name: _own(array, given[name]) for name, array in fed.items()}


def _own(array: Array, given: Array) -> Array:
    """An array that stays as it is: batches are held back and gathered, and a caller may fill one buffer anew."""
    return array.copy() if np.may_share_memory(array, given) else array


def joined(batches: Iterable[Batch], fewest: int, noted: Noted | None = None) -> Iterator[Batch]:
    """The same with batches of fewer rows joined to those before; of look-ahead it takes one batch.

    What cannot be joined is left out: it came first, or its arrays have another shape. Where all batches are so small
    they stay as they are.
    """
    tell = noted or (lambda text: None)
    waiting: Batch | None = None
    for number, batch in enumerate(batches, 1):
        if waiting is None:
            waiting = batch
        elif _rows(batch) < fewest <= _rows(waiting):
            what = f"batch {number:,} of an epoch has {counted(_rows(batch), 'row')} and no variance for batch norm"
            fits = all(array.shape[1:] == waiting[name].shape[1:] for name, array in batch.items())
            tell(f"{what}: it is {'joined to the batch before' if fits else 'left out'}")
            if fits:
                waiting = {name: np.concatenate([waiting[name], array]) for name, array in batch.items()}
        else:
            if _rows(waiting) < fewest <= _rows(batch):
                tell(f"a batch of {counted(_rows(waiting), 'row')} before larger ones is left out: it has no variance")
            else:
                yield waiting
            waiting = batch
    if waiting is not None:
        yield waiting


def _rows(batch: Batch) -> int:
    return len(next(iter(batch.values())))


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
