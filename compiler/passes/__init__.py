"""Rewrites of a graph, one a file: each takes a valid graph and leaves a valid one, in linear time.

`training_mode` and `inference_mode` give the mode-neutral operators their form and always run. What follows only makes
graphs smaller; any of it can be switched off by name, and outputs stay the same. A training step also has its small
updates stacked, before it is shaped for its target, and its updates moved forward, at the end; these too have names.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from netc.compiler.ir import Graph
from netc.compiler.passes.accumulated_products import accumulated_products
from netc.compiler.passes.common_subexpressions import common_subexpressions
from netc.compiler.passes.constant_folding import constant_folding
from netc.compiler.passes.dead_code import dead_code, used_sources
from netc.compiler.passes.early_updates import early_updates
from netc.compiler.passes.fix_sizes import fix_sizes
from netc.compiler.passes.identities import identities
from netc.compiler.passes.inference_mode import inference_mode
from netc.compiler.passes.pool_before_relu import pool_before_relu
from netc.compiler.passes.products import products
from netc.compiler.passes.recompute import recompute
from netc.compiler.passes.stacked_updates import stacked_updates
from netc.compiler.passes.training_mode import training_mode

Pass = Callable[[Graph], Graph]

PIPELINE: tuple[Pass, ...] = (
    dead_code,
    identities,
    constant_folding,
    common_subexpressions,
    products,
    dead_code,
)

OPTIONAL = frozenset(step.__name__ for step in (*PIPELINE, accumulated_products, stacked_updates, early_updates))
"""Names of the passes that can be switched off."""

observers: list[Callable[[str, Graph], None]] = []
"""Called with the name of each pass and the graph it left: tests put `verify` here."""


def simplify(graph: Graph, without: Collection[str] = ()) -> Graph:
    """Run the pipeline, except for the passes named in `without`."""
    unknown = set(without) - OPTIONAL
    assert not unknown, f"no pass is called {sorted(unknown)}"
    for step in PIPELINE:
        if step.__name__ not in without:
            graph = step(graph)
            for observe in observers:
                observe(step.__name__, graph)
    return graph


__all__ = [
    "OPTIONAL", "PIPELINE", "Pass", "accumulated_products", "early_updates", "fix_sizes", "inference_mode",
    "observers", "pool_before_relu", "recompute", "simplify", "stacked_updates", "training_mode", "used_sources",
]  # fmt: skip
