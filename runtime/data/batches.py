"""An epoch of batches, made by a thread that runs ahead of the training step."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, Protocol, Self

import numpy as np

from netc.runtime.data.augment import Augmentation, Batch, augment

AHEAD = 4


class Source(Protocol):
    """A part of the data: rows by their numbers."""

    def __len__(self) -> int: ...

    def batch(self, indices: Any) -> Batch:
        """These rows, input by input."""
        ...


def order(rows: int, seed: int, epoch: int) -> np.ndarray:
    """The order of an epoch's rows: of seed and epoch alone, so that a resumed run sees what it would have seen."""
    return np.random.default_rng([seed, epoch, 0]).permutation(rows)


class Batches(Iterator[Batch]):
    """Iterates over the batches of one epoch; `len` is the number of them from `start` on.

    Use it in a `with` block, or call `close`: either ends the thread. An exception in the thread is raised by `next`.
    """

    def __init__(
        self,
        source: Source,
        batch: int,
        *,
        seed: int = 0,
        epoch: int = 0,
        start: int = 0,
        shuffle: bool = True,
        augmentation: Sequence[Augmentation] = (),
    ) -> None:
        assert batch > 0, "a batch has at least one row"
        self._source, self._size, self._seed, self._epoch = source, batch, seed, epoch
        self._augmentation, self._start = tuple(augmentation), start
        self._rows = order(len(source), seed, epoch) if shuffle else np.arange(len(source))
        self._count = -(-len(source) // batch)
        self._ready: queue.Queue[Batch | BaseException | None] = queue.Queue(AHEAD)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="netc-data", daemon=True)
        self._thread.start()

    def __len__(self) -> int:
        return max(0, self._count - self._start)

    def __next__(self) -> Batch:
        if self._stop.is_set():
            raise StopIteration
        item = self._ready.get()
        if isinstance(item, dict):
            return item
        self.close()
        if item is None:
            raise StopIteration
        raise item

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
        except BaseException as error:  # whatever it is, it belongs to whoever waits for this batch
            self._put(error)

    def _put(self, item: Batch | BaseException | None) -> bool:
        while not self._stop.is_set():
            try:
                self._ready.put(item, timeout=0.05)
            except queue.Full:
                continue
            return True
        return False

    def _make(self, index: int) -> Batch:
        made = self._source.batch(self._rows[index * self._size : (index + 1) * self._size])
        if not self._augmentation:
            return made
        return augment(made, self._augmentation, np.random.default_rng([self._seed, self._epoch, 1, index]))


def batches(
    source: Source,
    batch: int,
    *,
    seed: int = 0,
    epoch: int = 0,
    start: int = 0,
    shuffle: bool = True,
    augmentation: Sequence[Augmentation] = (),
) -> Batches:
    """The batches of one epoch from number `start` on, decoded and augmented up to four ahead of their use.

    source        a part of bound data;  batch: its rows, fewer in the last one
    seed, epoch   decide the order, and with the batch's number what augmentation draws: nothing else does
    shuffle       False keeps the data's own order, for evaluation
    """
    return Batches(source, batch, seed=seed, epoch=epoch, start=start, shuffle=shuffle, augmentation=augmentation)
