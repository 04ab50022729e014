"""Reading the next batches in a thread while the step runs."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

Job = TypeVar("Job")
Item = TypeVar("Item")


def prefetch(jobs: Iterable[Job], work: Callable[[Job], Item], depth: int = 2) -> Iterator[Item]:
    """`work(job)` for each job, in order, made up to `depth` ahead in a thread.

    An exception in the thread is raised where the item would have come. Closing the iterator ends the thread.
    """
    made: queue.Queue[tuple[str, Any]] = queue.Queue(depth)
    stop = threading.Event()

    def put(item: tuple[str, Any]) -> bool:
        while not stop.is_set():
            try:
                made.put(item, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def run() -> None:
        try:
            for job in jobs:
                if stop.is_set() or not put(("item", work(job))):
                    return
            put(("end", None))
        except BaseException as error:  # carried to the consumer, whatever it is
            put(("error", error))

    thread = threading.Thread(target=run, name="netc-prefetch", daemon=True)
    thread.start()
    try:
        while True:
            kind, value = made.get()
            if kind == "end":
                return
            if kind == "error":
                raise value
            yield value
    finally:
        stop.set()
        thread.join()
