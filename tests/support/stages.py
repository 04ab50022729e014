"""Parts of the pipeline on graphs made by hand, and which parts of it change a graph."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from netc.compiler import Options
from netc.compiler.ir import Graph
from netc.compiler.ir.structure import structure
from netc.compiler.pipeline import STAGES, Context, observed, through

SIMPLIFY = tuple(
    stage for stage in STAGES if stage.name.startswith("simplify1/") or stage.name in ("products", "sweep1")
)
LEGALISE = tuple(stage for stage in STAGES if stage.name.startswith("legalise/"))


def simplify(graph: Graph) -> Graph:
    """What every graph goes through first."""
    return through(SIMPLIFY, graph, Context("infer"))


def legalise(graph: Graph, target: str = "std", lowerings: tuple[str, ...] = ()) -> Graph:
    """The graph in the operators that a target has."""
    return through(LEGALISE, graph, Context("infer", target, Options(lowerings=lowerings)))


@contextmanager
def passes_that_change() -> Iterator[set[str]]:
    """The passes that change what a graph computes, or how, meanwhile: without another one it would become the same."""
    found: set[str] = set()
    named = {stage.name: stage.function.__name__ for stage in STAGES}

    def look(stage: str, before: Graph, after: Graph) -> None:
        if after is not before and stage in named and structure(after) != structure(before):
            found.add(named[stage])

    with observed(look):
        yield found
