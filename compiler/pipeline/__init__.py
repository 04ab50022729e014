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
    mixed_precision,
    pool_before_relu,
    products,
    recompute,
    stacked_updates,
    training_mode,
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
    STEP,
    Context,
    Earlier,
    Stage,
    for_targets,
    headline,
    of,
)
from netc.compiler.targets.bfloat16_gaps import bfloat16_gaps


# ------------------------------------------------------------ functions that ask something of the context
def fixed_batch(graph: Graph, context: Context) -> Graph:
    """The graph with the batch's size in place of `N`, in every shape and attribute."""
    assert context.batch is not None
    return fix_sizes(graph, {BATCH_SYMBOL: context.batch})


def low_products(graph: Graph, context: Context) -> Graph:
    """The graph with products, and what can follow them, in 16 bits; parameters, loss and updates stay float32."""
    assert context.low is not None
    return mixed_precision(graph, context.low)


def layout(graph: Graph, context: Context) -> Graph:
    """The graph with convolutions, and what stands between them, in the target's own layout."""
    return targets.lay_out(graph, context.target, context.options.lowerings)


def table(graph: Graph, context: Context) -> Graph:
    """The graph with every operator that ONNX lacks, or the target has slow, written in operators that it has."""
    return targets.lower(graph, context.target, context.options.lowerings)


# ------------------------------------------------------------ the pipeline
EARLIER: tuple[Earlier, ...] = (
    Earlier("pool_before_relu", headline(pool_before_relu), DIFFERENTIATED),
    Earlier("training_mode", headline(training_mode), DIFFERENTIATED),
    Earlier("assembled", "The graph as the first stage gets it: with loss, metrics, gradients and updates.", ALWAYS),
)
"""What belongs to assembly, because the gradient is made of it; `training/step.py` runs the passes among it."""


def simplify(name: str) -> tuple[Stage, ...]:
    """One round of what makes any graph smaller."""
    return (
        Stage(f"{name}/dead_code", of(dead_code), ALWAYS, optional=True),
        Stage(f"{name}/identities", of(identities), ALWAYS, optional=True),
        Stage(f"{name}/constant_folding", of(constant_folding), ALWAYS, optional=True),
        Stage(f"{name}/common_subexpressions", of(common_subexpressions), ALWAYS, optional=True),
    )


def last_touch(touch: Pass) -> Stage:
    """What some targets want rewritten once a graph is in their operators."""
    wanted = for_targets(lambda target: touch in target.touches)
    return Stage(f"legalise/{touch.__name__}", of(touch), wanted, optional=True)


STAGES: tuple[Stage, ...] = (
    Stage("fix_sizes", fixed_batch, FIXED_BATCH),
    Stage("inference_mode", of(inference_mode), NETWORK),
    *simplify("simplify1"),
    Stage("products", of(products), ALWAYS, optional=True),
    Stage("sweep1", of(dead_code), ALWAYS, optional=True),
    Stage("mixed_precision", low_products, LOW_PRECISION),
    Stage("sweep2", of(dead_code), LOW_PRECISION, optional=True),
    Stage("accumulated_products", of(accumulated_products), STEP, optional=True),
    Stage("stacked_updates", of(stacked_updates), STEP, optional=True),
    Stage("legalise/layout", layout, for_targets(lambda target: target.layout is not None)),
    Stage("legalise/table", table, ALWAYS),
    *map(last_touch, targets.TOUCHES),
    Stage("legalise/bfloat16_gaps", of(bfloat16_gaps), BFLOAT16),
    *simplify("simplify2"),
    Stage("sweep3", of(dead_code), ALWAYS, optional=True),
    Stage("recompute", of(recompute), LOW_MEMORY),
    Stage("early_updates", of(early_updates), STEP, optional=True),
)
"""In this order. What legalisation writes gives `products` nothing to do, so that it runs once."""

OPTIONAL = frozenset(stage.function.__name__ for stage in STAGES if stage.optional)
"""What `Options.without` may name: results stay the same, up to rounding."""


def run(graph: Graph, context: Context) -> Graph:
    """A graph, as it was assembled, through the stages that are for it: ready to be emitted."""
    unknown = context.options.without - OPTIONAL
    assert not unknown, f"no pass is called {sorted(unknown)}"
    return through(STAGES, seen("assembled", graph, graph), context)


def through(stages: Sequence[Stage], graph: Graph, context: Context) -> Graph:
    """A graph through some of the stages."""
    for stage in stages:
        if stage.runs(context):
            graph = seen(stage.name, graph, stage.function(graph, context))
    return graph


__all__ = [
    "EARLIER", "OPTIONAL", "STAGES", "Context", "Earlier", "Observer", "Stage", "observed", "run", "seen", "simplify",
    "through",
]  # fmt: skip
