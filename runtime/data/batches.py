"""An epoch of batches, made by a thread that runs ahead of the training step."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from types import TracebackType
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np

from netc.compiler import Augmentation
from netc.runtime.data.augment import Batch, augment
from netc.runtime.data.errors import error

AHEAD = 4


@runtime_checkable
class BoundBatches(Protocol):
    """Rows by their numbers, in the net's names and element types; checked beforehand."""

    def __len__(self) -> int: ...

    def batch(self, indices: Any) -> Batch:
        """Inputs and targets of these rows."""
        ...


@runtime_checkable
class Unsized(Protocol):
    """Rows that are brought to the size of the net's maps, and can be had as they are stored."""

    def unsized(self) -> BoundBatches:
        """The same rows, of the size that is stored."""
        ...


def order(rows: int, seed: int, epoch: int) -> np.ndarray:
    """The order of an epoch's rows: of seed and epoch alone, so that a resumed run sees what it would have seen."""
    return np.random.default_rng([seed, epoch, 0]).permutation(rows)


def number_of_batches(rows: int, batch: int, fewest: int = 1) -> int:
    """The batches of an epoch. A last one of fewer than `fewest` rows is joined to the one before, if there is one."""
    whole, rest = divmod(rows, batch)
    return whole + 1 if rest and (rest >= fewest or not whole) else whole


def chunks(rows: int, batch: int) -> Iterator[np.ndarray]:
    """The numbers 0 to rows - 1 in runs of `batch`; the last may be shorter."""
    for start in range(0, rows, batch):
        yield np.arange(start, min(start + batch, rows))


class Batches(Iterator[Batch]):
    """The batches of one epoch from number `start` on, decoded and augmented up to four ahead of their use.

    rows          bound data;  batch: their number in a step, fewer in the last one
    seed, epoch   decide the order, and with the batch's number what augmentation draws: nothing else does
    skip          rows at the front of the epoch's order that are not wanted: they were trained on in other batches
    fewest        rows of the last batch; fewer are joined to the batch before
    shuffle       False keeps the data's own order, for evaluation
    targets       names of what is no input of the net, for augmentation
    cuts          of a number of rows: where each of the batches begins and ends whose gradients make one update

    `len` is the number of batches from `start` on. Use it in a `with` block, or call `close`: either ends the thread.
    An exception in the thread is raised by `next`.
    """

    def __init__(
        self,
        rows: BoundBatches,
        batch: int,
        *,
        seed: int = 0,
        epoch: int = 0,
        start: int = 0,
        skip: int = 0,
        fewest: int = 1,
        shuffle: bool = True,
        augmentation: Sequence[Augmentation] = (),
        targets: Collection[str] = (),
        cuts: Callable[[int], Sequence[tuple[int, int]]] = lambda rows: [(0, rows)],
    ) -> None:
        assert batch > 0, "a batch has at least one row"
        if any(one.size is not None for one in augmentation) and isinstance(rows, Unsized):
            rows = rows.unsized()
        self._source, self._size = rows, batch
        self._augmentation, self._targets, self._start = tuple(augmentation), targets, start
        self._cuts = cuts
        self._drawn_by = [seed, epoch, 1, skip] if skip else [seed, epoch, 1]
        self._rows = (order(len(rows), seed, epoch) if shuffle else np.arange(len(rows)))[skip:]
        self._count = number_of_batches(len(self._rows), batch, fewest)
        self._ready: queue.Queue[Batch | BaseException | None] = queue.Queue(AHEAD)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="netc-data", daemon=True)
        self._thread.start()

    def __len__(self) -> int:
        return max(0, self._count - self._start)

    def __next__(self) -> Batch:
        if self._stop.is_set():
            raise StopIteration
        item = self._taken()
        if isinstance(item, dict):
            return item
        self.close()
        if item is None:
            raise StopIteration
        raise item

    def _taken(self) -> Batch | BaseException | None:
        """What is ready next; raises DiagnosticError E614 where the thread is gone without a word."""
        while True:
            try:
                return self._ready.get(timeout=1.0)
            except queue.Empty:
                if not self._thread.is_alive() and self._ready.empty():
                    help = "go on with `--resume`; if it ends there again, report it"
                    raise error("E614", "the thread that reads the data ended without a word", help=help) from None

    def close(self) -> None:
        """End the thread; batches that are ready are dropped."""
        self._stop.set()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _work(self) -> None:
        try:
            for index in range(self._start, self._count):
                if self._stop.is_set() or not self._put(self._make(index)):
                    return
            self._put(None)
        except BaseException as wrong:  # whatever it is, it belongs to whoever waits for this batch
            self._put(wrong)

    def _put(self, item: Batch | BaseException | None) -> bool:
        while not self._stop.is_set():
            try:
                self._ready.put(item, timeout=0.05)
            except queue.Full:
                continue
            return True
        return False

    def _make(self, index: int) -> Batch:
        end = (index + 1) * self._size if index + 1 < self._count else len(self._rows)
        rows = self._rows[index * self._size : end]
        made = self._source.batch(rows)
        if not self._augmentation:
            return made
        drawn = np.random.default_rng([*self._drawn_by, index])
        return augment(made, self._augmentation, drawn, self._targets, self._cuts(len(rows)))
