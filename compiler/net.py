"""What elaboration makes of a `.net` file: the network, its layers and parameters, and its training plans.

Net is what summary, lint, the editor, gradients and emission all read. The tensor graph is mode-neutral: it holds the
operators `Dropout` and `BatchNormalization`, which `passes/` turn into their training or inference form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from netc.compiler.augmentations.base import Augmentation
from netc.compiler.declare.parameter import Parameter
from netc.compiler.ir import Graph, Node, Value, format_shape, language_shape
from netc.compiler.layers.base import Layer
from netc.compiler.losses.base import Loss
from netc.compiler.metrics.base import Metric
from netc.compiler.optimizers.base import Optimizer
from netc.compiler.schedules.base import Schedule
from netc.grammar.diagnostics import Diagnostic, Span


@dataclass(eq=False, slots=True, repr=False)
class LayerInstance:
    """One application of a layer, in execution order. Applications of a `shared` layer list the same parameters.

    path      its dotted name: `stage1.basic1.conv1`
    word      its kind in the language: `conv`
    layer     the declaration's instance with its arguments; None for tensor arithmetic (`a - b`)
    inputs    the values it reads, `outputs` the values it makes
    nodes     the operators it became
    span      the call in the text; `argument_spans` the arguments in it
    training_only  inside `train only { … }`
    """

    path: str
    word: str
    layer: Layer | None
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    nodes: tuple[Node, ...]
    parameters: tuple[Parameter, ...]
    span: Span
    argument_spans: Mapping[str, Span] = field(default_factory=dict)
    training_only: bool = False

    def __repr__(self) -> str:
        shapes = ", ".join(format_shape(language_shape(value)) for value in self.outputs)
        return f"<{self.path} ({self.word}) {shapes}>"


@dataclass(frozen=True, slots=True)
class LossTerm:
    """One weighted term of a plan's loss. `target` is a field of the data, or a number."""

    name: str
    weight: float
    loss: Loss
    prediction: Value
    target: str | float
    span: Span


@dataclass(frozen=True, slots=True)
class MetricTerm:
    """A metric over a prediction and a field of the data, reported under `name`."""

    name: str
    metric: Metric
    prediction: Value
    target: str
    span: Span


@dataclass(frozen=True, slots=True)
class TrainPlan:
    """A `train` section after elaboration, defaults filled in.

    label      the section's label, or None
    losses     summed; `loss_is_table` says that they are also logged by name
    clip_norm  the largest global gradient norm, or None
    data       what `--data` is when the command line doesn't say, or None
    """

    label: str | None
    losses: tuple[LossTerm, ...]
    optimizer: Optimizer
    schedule: Schedule
    metrics: tuple[MetricTerm, ...] = ()
    batch: int = 32
    epochs: int = 10
    clip_norm: float | None = None
    augmentation: tuple[Augmentation, ...] = ()
    loss_is_table: bool = False
    data: str | None = None
    span: Span | None = None


@dataclass(eq=False, slots=True, repr=False)
class Net:
    """A shape-checked network.

    name, label     as in the text;  settings: the arguments it was elaborated with
    graph           inputs, parameters, forward nodes (`train only` ones too) and named outputs, default first
    layers          applications in execution order, only those that an output, a loss or a path reaches
    parameters      every weight and buffer those layers use, shared ones once, in order of first use
    values          dotted path -> value: what taps, losses, `summary` and lint can name
    plans           the train sections for this net
    warnings        findings that do not stop compilation
    file, source    where the text came from;  sources: file -> text of everything `use` brought in
    """

    name: str
    label: str | None
    settings: Mapping[str, Any]
    graph: Graph
    layers: list[LayerInstance]
    parameters: list[Parameter]
    values: dict[str, Value]
    plans: list[TrainPlan]
    warnings: list[Diagnostic]
    file: str
    source: str
    sources: dict[str, str]
    span: Span

    def __repr__(self) -> str:
        return f"<net {self.name}: {len(self.layers)} layers, {self.params:,} parameters>"

    @property
    def params(self) -> int:
        """Weights, trainable and frozen, of the inference network; buffers are not counted."""
        used = {item.name: item for layer in self.layers if not layer.training_only for item in layer.parameters}
        return sum(item.count for item in used.values() if not item.buffer)

    @property
    def inputs(self) -> list[Value]:
        """The declared inputs, `[N, …]`."""
        return self.graph.inputs

    @property
    def outputs(self) -> dict[str, Value]:
        """Name -> value."""
        return self.graph.outputs

    def summary(self) -> dict[str, Any]:
        """What `netc summary --format json` prints: layers with shapes, parameters and cost, and their totals."""
        from netc.compiler.facts.summary import summary

        return summary(self)

    def plan(self, label: str | None = None) -> TrainPlan:
        """The plan with this label, or the only or first one; raises DiagnosticError E401 where there is none."""
        from netc.grammar.diagnostics import DiagnosticError

        for plan in self.plans:
            if label is None or plan.label == label:
                return plan
        wanted = "train section" if label is None else f'train section "{label}"'
        raise DiagnosticError(
            Diagnostic(
                "E401",
                f"net `{self.name}` has no {wanted}",
                help=f"add `train {self.name} {{ loss = cross_entropy(logits, label) }}` to {self.file}",
            )
        )
