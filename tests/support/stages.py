"""Parts of the pipeline on graphs made by hand."""

from __future__ import annotations

from netc.compiler import Options
from netc.compiler.ir import Graph
from netc.compiler.pipeline import STAGES, Context, through

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
