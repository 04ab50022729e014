"""What happens to every graph between assembly and emission: one tuple, read from top to bottom.

`run` takes a graph through the stages that are for it. Whoever wants to see them puts an observer here (`observed`):
`netc ir` prints what one left, tests let `verify` look at each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps

from netc.compiler import targets
from netc.compiler.artifact import Kind
from netc.compiler.ir import BATCH_SYMBOL, DType, Graph
from netc.compiler.options import DEFAULTS, Options
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
from netc.compiler.targets.bfloat16_gaps import bfloat16_gaps
from netc.compiler.targets.precision import low_precision


@dataclass(frozen=True)
class Context:
    """What a graph is made for, which decides about its stages.

    batch  the size that the batch is fixed to; None leaves it open

    Raises ValueError where there is no such target, DiagnosticError E605 where it lacks the precision.
    """

    kind: Kind
    target: str = "std"
    options: Options = DEFAULTS
    batch: int | None = None

    def __post_init__(self) -> None:
        targets.target_of(self.target)
        assert self.low is None or self.low.is_float
        unknown = self.options.without - OPTIONAL
        assert not unknown, f"no pass is called {sorted(unknown)}"

    @property
    def low(self) -> DType | None:
        """The 16-bit type beside float32, if there is one: the network itself is always float32."""
        return low_precision(self.options.precision, self.target) if self.kind in ("train", "gradient") else None


@dataclass(frozen=True)
class Condition:
    """Which graphs a stage is for. `words` end the sentence `it is for …`."""

    words: str
    holds: Callable[[Context], bool]


@dataclass(frozen=True)
class Part:
    """What observers know by a name."""

    name: str
    function: Callable[..., object]
    when: Condition

    @property
    def does(self) -> str:
        """The first line of the function's documentation."""
        return (self.function.__doc__ or "").strip().partition("\n")[0]


@dataclass(frozen=True)
class Stage(Part):
    """One step of the pipeline. `optional` ones are left out where `Options.without` has their function's name."""

    function: Callable[[Graph, Context], Graph]
    optional: bool = False

    def runs(self, context: Context) -> bool:
        """Whether it is for such a graph, and wanted."""
        wanted = not self.optional or self.function.__name__ not in context.options.without
        return wanted and self.when.holds(context)


# ------------------------------------------------------------ conditions
ALWAYS = Condition("every graph", lambda context: True)
FIXED_BATCH = Condition("a batch of a given size", lambda context: context.batch is not None)
NETWORK = Condition("the network itself, not its training", lambda context: context.kind == "infer")
DIFFERENTIATED = Condition("training steps and gradients", lambda context: context.kind in ("train", "gradient"))
STEP = Condition("training steps", lambda context: context.kind == "train")
LOW_MEMORY = Condition(
    "training steps with `--memory low`", lambda context: STEP.holds(context) and context.options.memory == "low"
)
LOW_PRECISION = Condition("training with `--precision mixed` or `bfloat16`", lambda context: context.low is not None)
BFLOAT16 = Condition("training with `--precision bfloat16`", lambda context: context.low == DType.BFLOAT16)


def for_targets(has: Callable[[targets.Target], bool]) -> Condition:
    """Targets of which something is true, by their names."""
    names = [name for name, target in targets.TARGETS.items() if has(target)]
    return Condition(f"the target{'s' * (len(names) > 1)} {', '.join(names)}", lambda context: context.target in names)


# ------------------------------------------------------------ functions
def of(function: Pass) -> Callable[[Graph, Context], Graph]:
    """A pass that asks nothing of the context."""

    @wraps(function)
    def ran(graph: Graph, context: Context) -> Graph:
        return function(graph)

    return ran


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
def simplify(name: str, when: Condition = ALWAYS) -> tuple[Stage, ...]:
    """One round of what only makes graphs smaller."""
    return (
        Stage(f"{name}/dead_code", of(dead_code), when, optional=True),
        Stage(f"{name}/identities", of(identities), when, optional=True),
        Stage(f"{name}/constant_folding", of(constant_folding), when, optional=True),
        Stage(f"{name}/common_subexpressions", of(common_subexpressions), when, optional=True),
        Stage(f"{name}/products", of(products), when, optional=True),
        Stage(f"{name}/dead_code_again", of(dead_code), when, optional=True),
    )


FORWARD: tuple[Part, ...] = (
    Part("pool_before_relu", pool_before_relu, DIFFERENTIATED),
    Part("training_mode", training_mode, DIFFERENTIATED),
)
"""What comes before the gradient and therefore belongs to assembly (`training/step.py`): observers see it, too."""

STAGES: tuple[Stage, ...] = (
    Stage("fix_sizes", fixed_batch, FIXED_BATCH),
    Stage("inference_mode", of(inference_mode), NETWORK),
    *simplify("simplify1"),
    Stage("mixed_precision", low_products, LOW_PRECISION),
    *simplify("simplify2", LOW_PRECISION),
    Stage("accumulated_products", of(accumulated_products), STEP, optional=True),
    Stage("stacked_updates", of(stacked_updates), STEP, optional=True),
    Stage("legalise/layout", layout, for_targets(lambda target: target.layout is not None)),
    Stage("legalise/table", table, ALWAYS),
    *(
        Stage(f"legalise/{touch.__name__}", of(touch), for_targets(lambda target: touch in target.touches), optional=True)
        for touch in targets.TOUCHES
    ),
    Stage("legalise/bfloat16_gaps", of(bfloat16_gaps), BFLOAT16),
    *simplify("simplify3"),
    Stage("recompute", of(recompute), LOW_MEMORY),
    Stage("early_updates", of(early_updates), STEP, optional=True),
)

OPTIONAL = frozenset(stage.function.__name__ for stage in STAGES if stage.optional)
"""What `Options.without` may name: results stay the same, up to rounding."""


def run(graph: Graph, context: Context, stages: Sequence[Stage] = STAGES) -> Graph:
    """A graph as it was assembled through the stages that are for it, ready to be emitted."""
    for stage in stages:
        if stage.runs(context):
            graph = seen(stage.name, graph, stage.function(graph, context))
    return graph


# ------------------------------------------------------------ observers
Observer = Callable[[str, Graph, Graph], None]
"""Called with a part's name, the graph that it was given, and the one it left."""

_observers: list[Observer] = []


@contextmanager
def observed(by: Observer) -> Iterator[None]:
    """Show every part of every graph that is made meanwhile to `by`."""
    _observers.append(by)
    try:
        yield
    finally:
        _observers.remove(by)


def seen(name: str, before: Graph, after: Graph) -> Graph:
    """The graph that a part left, once the observers have seen it."""
    for observe in _observers:
        observe(name, before, after)
    return after
