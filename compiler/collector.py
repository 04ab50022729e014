"""Python's collector of garbage in circles, which waits while a network is read and compiled."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

MANY = 10_000
"""Of so many young objects a walk is felt beside the work that made them: about 1 ms."""


@contextmanager
def waiting() -> Iterator[None]:
    """The collector waits meanwhile; around a function, while it runs.

    It walks along all objects there are whenever they have grown by a quarter. A graph grows to hundreds of thousands
    of them, nearly all of which stay: of a deep network's compilation it takes two fifths of the time and gives back
    next to nothing. Where many are left at the end all count as old, so that they aren't walked along right then.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            if gc.get_count()[0] > MANY:
                _call_all_old()
            gc.enable()


def _call_all_old() -> None:
    """Put all objects into the oldest generation; not where somebody has set some aside, who would lose that."""
    if gc.get_freeze_count() == 0:
        gc.freeze()
        gc.unfreeze()
