"""Those who look on while a graph goes through the pipeline: `netc ir`, and tests that verify every stage."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from netc.compiler.ir import Graph

Observer = Callable[[str, Graph, Graph], None]
"""Called with the name of a stage, the graph that it was given, and the one that it left."""

_observers: list[Observer] = []


@contextmanager
def observed(by: Observer) -> Iterator[None]:
    """Show `by` every stage of every graph that is made meanwhile."""
    _observers.append(by)
    try:
        yield
    finally:
        _observers.remove(by)


def seen(name: str, before: Graph, after: Graph) -> Graph:
    """The graph that a stage left, once the observers have seen it."""
    for observe in _observers:
        observe(name, before, after)
    return after
