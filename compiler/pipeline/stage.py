"""What a stage of the pipeline is, what it knows about its graph, and which graphs it is for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps

from netc.compiler import targets
from netc.compiler.artifact import Kind
from netc.compiler.ir import DType, Graph
from netc.compiler.options import DEFAULTS, Options
from netc.compiler.passes import Pass, everywhere
from netc.compiler.targets.precision import low_precision
from netc.grammar.counted import noun_for


@dataclass(frozen=True)
class Context:
    """What a graph is made for, which decides about its stages.

    batch  the size that the batch is fixed to; None leaves it open

    Raises DiagnosticError E609 where there is no such target, E605 where it lacks the precision.
    """

    kind: Kind
    target: str = "std"
    options: Options = DEFAULTS
    batch: int | None = None

    def __post_init__(self) -> None:
        targets.target_of(self.target)
        _ = self.low  # refuses a precision that the target lacks

    @property
    def low(self) -> DType | None:
        """The 16-bit type beside float32, if there is one: the network itself is always float32."""
        return low_precision(self.options.precision, self.target) if DIFFERENTIATED.holds(self) else None


@dataclass(frozen=True)
class Condition:
    """Which graphs a stage is for. `words` end the sentence `it is for …`."""

    words: str
    holds: Callable[[Context], bool]


@dataclass(frozen=True)
class Stage:
    """One step: `function` of the graph and the context gives the next graph, `when` says for which contexts.

    does      what it does, in a few words
    optional  whether `Options.without` may leave it out, by the function's name
    """

    name: str
    does: str
    function: Callable[[Graph, Context], Graph]
    when: Condition
    optional: bool = False

    def everywhere(self, graph: Graph, context: Context) -> Graph:
        """The graph, and the graphs that its nodes hold, after this step."""
        return everywhere(graph, lambda one: self.function(one, context))

    def runs(self, context: Context) -> bool:
        """Whether it is for such a graph, and wanted."""
        left_out = self.optional and self.function.__name__ in context.options.without
        return not left_out and self.when.holds(context)


@dataclass(frozen=True)
class Earlier:
    """What comes before the first stage, as far as observers see it."""

    name: str
    does: str
    when: Condition


def of(function: Pass) -> Callable[[Graph, Context], Graph]:
    """A pass that asks nothing of the context."""

    @wraps(function)
    def ran(graph: Graph, context: Context) -> Graph:
        return function(graph)

    return ran


# ------------------------------------------------------------ conditions
ALWAYS = Condition("every graph", lambda context: True)
FIXED_BATCH = Condition("a batch of a given size", lambda context: context.batch is not None)
NETWORK = Condition("the network itself", lambda context: context.kind == "infer")
DIFFERENTIATED = Condition(
    "training steps, gradients and probes", lambda context: context.kind in ("train", "backward", "gradient", "probe")
)
TRAINING_FORM = Condition("graphs in training form", lambda context: context.kind in ("train", "backward", "gradient"))
UPDATING = Condition("training steps and updates", lambda context: context.kind in ("train", "update"))
LOW_MEMORY = Condition(
    "training steps with `--memory low`",
    lambda context: context.kind in ("train", "backward") and context.options.memory == "low",
)
LOW_PRECISION = Condition("training with `--precision mixed` or `bfloat16`", lambda context: context.low is not None)
BFLOAT16 = Condition("training with `--precision bfloat16`", lambda context: context.low == DType.BFLOAT16)


def for_targets(has: Callable[[targets.Target], bool]) -> Condition:
    """Targets of which something is true, by their names."""
    names = [name for name, target in targets.TARGETS.items() if has(target)]
    said = f"the {noun_for(len(names), 'target')} {', '.join(names)}"
    return Condition(said, lambda context: context.target in names)
