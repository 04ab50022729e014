"""Rewrites of a graph, one a file: each takes a valid graph and leaves a valid one, in linear time.

`training_mode` and `inference_mode` give the mode-neutral operators their form, and `mixed_precision` types; the others
make graphs smaller, faster or smaller in memory, and results stay the same. `compiler/pipeline/` says which run when,
and applies each to the graphs that nodes hold too (`bodies.py`).
"""

from __future__ import annotations

from collections.abc import Callable

from netc.compiler.ir import Graph
from netc.compiler.passes.accumulated_products import accumulated_products
from netc.compiler.passes.bodies import everywhere
from netc.compiler.passes.common_subexpressions import common_subexpressions
from netc.compiler.passes.constant_folding import constant_folding
from netc.compiler.passes.dead_code import dead_code, used_sources
from netc.compiler.passes.early_updates import early_updates
from netc.compiler.passes.fix_sizes import fix_sizes
from netc.compiler.passes.identities import identities
from netc.compiler.passes.inference_mode import inference_mode
from netc.compiler.passes.invariants import invariants
from netc.compiler.passes.mixed_precision import mixed_precision
from netc.compiler.passes.narrow_scans import narrow_scans
from netc.compiler.passes.pool_before_relu import pool_before_relu
from netc.compiler.passes.products import products
from netc.compiler.passes.recompute import recompute
from netc.compiler.passes.stacked_updates import stacked_updates
from netc.compiler.passes.summed_products import summed_products
from netc.compiler.passes.training_mode import training_mode

Pass = Callable[[Graph], Graph]

__all__ = [
    "Pass", "accumulated_products", "common_subexpressions", "constant_folding", "dead_code", "early_updates",
    "everywhere", "fix_sizes", "identities", "inference_mode", "invariants", "mixed_precision", "narrow_scans",
    "pool_before_relu", "products", "recompute", "stacked_updates", "summed_products", "training_mode", "used_sources",
]  # fmt: skip
