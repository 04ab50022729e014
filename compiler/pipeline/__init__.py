"""What happens to every graph between assembly and emission: one tuple, read from top to bottom.

`run` takes a graph through the stages that are for it. Whoever wants to see them puts an observer there (`observed`):
`netc ir` prints what one left, tests let `verify` look at each.
"""

from __future__ import annotations

from collections.abc import Sequence

from netc.compiler import targets
from netc.compiler.ir import BATCH_SYMBOL, Graph
from netc.compiler.passes import (
    Pass,
    accumulated_products,
    common_subexpressions,
    constant_folding,
    dead_code,
    early_updates,
    fix_sizes,
    identities,
    inference_mode,
    invariants,
    mixed_precision,
    narrow_scans,
    products,
    recompute,
    stacked_updates,
    summed_products,
)
from netc.compiler.pipeline.observers import Observer, observed, seen
from netc.compiler.pipeline.stage import (
    ALWAYS,
    BFLOAT16,
    DIFFERENTIATED,
    FIXED_BATCH,
    LOW_MEMORY,
    LOW_PRECISION,
    NETWORK,
    TRAINING_FORM,
    UPDATING,
    Condition,
    Context,
    Earlier,
    Stage,
    for_targets,
    of,
)
from netc.compiler.targets.bfloat16_gaps import bfloat16_gaps


# ------------------------------------------------------------ functions that ask something of the context
def fixed_batch(graph: Graph, context: Context) -> Graph:
    """The graph with the batch's size in place of `N`."""
    assert context.batch is not None
    return fix_sizes(graph, {BATCH_SYMBOL: context.batch})


def low_products(graph: Graph, context: Context) -> Graph:
    """The graph with its products in the 16-bit type that is wanted."""
    assert context.low is not None
    return mixed_precision(graph, context.low)


def layout(graph: Graph, context: Context) -> Graph:
    """The graph in the target's layout."""
    return targets.lay_out(graph, context.target, context.options.lowerings)


def table(graph: Graph, context: Context) -> Graph:
    """The graph in the target's operators."""
    return targets.lower(graph, context.target, context.options.lowerings)


# ------------------------------------------------------------ the pipeline
EARLIER: tuple[Earlier, ...] = (
    Earlier("pool_before_relu", "pooling comes before the ReLU it follows", TRAINING_FORM),
    Earlier("training_mode", "dropout gets its masks, batch normalization the batch's statistics", TRAINING_FORM),
    Earlier("saved_for_gradient", "scans save what their gradients read", DIFFERENTIATED),
    Earlier("assembled", "with losses, gradients and updates, as far as the kind has them", ALWAYS),
)
"""What belongs to assembly, because the gradient is made of it: `training/step.py` calls these passes."""


def simplify(name: str) -> tuple[Stage, ...]:
    """One round of what makes any graph smaller."""
    return (
        Stage(f"{name}/narrow_scans", "scans lose what nobody reads of them", of(narrow_scans), ALWAYS, optional=True),
        Stage(f"{name}/dead_code", "nodes go that no output needs", of(dead_code), ALWAYS, optional=True),
        Stage(f"{name}/identities", "operations go that change nothing", of(identities), ALWAYS, optional=True),
        Stage(f"{name}/constant_folding", "small constants are computed", of(constant_folding), ALWAYS, optional=True),
        Stage(f"{name}/common_subexpressions", "what is equal is computed once", of(common_subexpressions), ALWAYS,
              optional=True),
    )  # fmt: skip


def sweep(name: str, when: Condition = ALWAYS) -> Stage:
    """Dead code once more."""
    return Stage(name, "nodes go that no output needs any more", of(dead_code), when, optional=True)


def fusion(touch: Pass, does: str, part: str = "legalise/") -> Stage:
    """What some targets have a larger operator for."""
    wanted = for_targets(lambda target: touch in target.fusions)
    return Stage(f"{part}{touch.__name__}", does, of(touch), wanted, optional=True)


def last_touch(touch: Pass, does: str) -> Stage:
    """What some targets want rewritten once a graph is in their operators."""
    wanted = for_targets(lambda target: touch in target.touches)
    return Stage(f"legalise/{touch.__name__}", does, of(touch), wanted, optional=True)


STAGES: tuple[Stage, ...] = (
    *(fusion(touch, does, "") for touch, does in targets.FIRST_FUSIONS.items()),
    Stage("fix_sizes", "the batch gets its size", fixed_batch, FIXED_BATCH),
    Stage("inference_mode", "dropout and noise go", of(inference_mode), NETWORK),
    *simplify("simplify1"),
    Stage("summed_products", "products that a scan adds up become one", of(summed_products), DIFFERENTIATED,
          optional=True),
    Stage("products", "transpositions and a bias go into their product", of(products), ALWAYS, optional=True),
    sweep("sweep1"),
    Stage("mixed_precision", "convolutions and products compute in 16 bits", low_products, LOW_PRECISION),
    sweep("sweep2", LOW_PRECISION),
    Stage("accumulated_products", "large gradients are added by their product", of(accumulated_products), UPDATING,
          optional=True),
    Stage("stacked_updates", "small updates become one of their stack", of(stacked_updates), UPDATING, optional=True),
    *(fusion(touch, does) for touch, does in targets.FUSIONS.items()),
    Stage("legalise/layout", "maps lie in blocks of channels", layout, for_targets(lambda target: bool(target.layout))),
    Stage("legalise/table", "operators that ONNX lacks are written in those it has", table, ALWAYS),
    *(last_touch(touch, does) for touch, does in targets.TOUCHES.items()),
    Stage("legalise/bfloat16_gaps", "what has no bfloat16 computes in float32", of(bfloat16_gaps), BFLOAT16),
    Stage("invariants", "what is equal in every run of a scan moves out of it", of(invariants), ALWAYS, optional=True),
    *simplify("simplify2"),
    sweep("sweep3"),
    Stage("recompute", "cheap activations are made twice", of(recompute), LOW_MEMORY),
    Stage("early_updates", "updates follow their gradients", of(early_updates), UPDATING, optional=True),
)  # fmt: skip
"""In this order. What legalisation writes gives `products` nothing to do, so that it runs once."""

OPTIONAL = frozenset(stage.function.__name__ for stage in STAGES if stage.optional)
"""What `Options.without` may name: results stay the same, up to rounding."""


def run(graph: Graph, context: Context) -> Graph:
    """A graph, as it was assembled, through the stages that are for it: ready to be emitted."""
    unknown = context.options.without - OPTIONAL
    assert not unknown, f"no pass is called {sorted(unknown)}"
    return through(STAGES, seen("assembled", graph, graph), context)


def through(stages: Sequence[Stage], graph: Graph, context: Context) -> Graph:
    """A graph, and the graphs that its nodes hold, through some of the stages."""
    for stage in stages:
        if stage.runs(context):
            graph = seen(stage.name, graph, stage.everywhere(graph, context))
    return graph


__all__ = [
    "EARLIER", "OPTIONAL", "STAGES", "Context", "Earlier", "Observer", "Stage", "observed", "run", "seen", "simplify",
    "through",
]  # fmt: skip
