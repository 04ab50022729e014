"""What elaboration makes of a `.net` file: the network, its layers and parameters, and its training plans.

Net is what summary, lint, the editor, gradients and emission all read. The tensor graph is mode-neutral: it holds the
operators `Dropout` and `BatchNormalization`, which `passes/` turn into their training or inference form.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from netc.compiler.applications import Application, LayerInstance
from netc.compiler.declare.parameter import Parameter
from netc.compiler.ir import Graph, Value
from netc.compiler.plan.train_plan import TrainPlan
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, Span

if TYPE_CHECKING:
    from netc.compiler.facts.summary import Summary


@dataclass(eq=False, slots=True, repr=False)
class Net:
    """A shape-checked network.

    name, label     as in the text;  settings: the arguments it was elaborated with;  given: those that `load` was given
    graph           inputs, parameters, forward nodes (`train only` ones too) and named outputs, default first
    layers          applications in execution order, only those that an output, a loss or a path reaches
    tree            the same as the text writes them: blocks, loops, merges and chains around them
    parameters      every weight and buffer those layers use, shared ones once, in order of first use
    values          dotted path -> value: what taps, losses, `summary` and lint can name
    plans           the train sections for this net
    warnings        findings that do not stop compilation
    start           what parameters hold before training in the place of drawn numbers, by name: a model's, imported
    stated          the counts that the text holds the net to: `expect params == 61_100_840` is {"params": 61_100_840}
    expects         where the `expect` statements of the net itself stand that were checked: not those an `if` left out
    file, source    where the text came from;  sources: file -> text of everything `use` brought in
    """

    name: str
    label: str | None
    settings: Mapping[str, Any]
    graph: Graph
    layers: list[LayerInstance]
    tree: Application
    parameters: list[Parameter]
    values: dict[str, Value]
    plans: list[TrainPlan]
    warnings: list[Diagnostic]
    file: str
    source: str
    sources: dict[str, str]
    span: Span
    given: Mapping[str, Any] = field(default_factory=dict)
    stated: dict[str, int] = field(default_factory=dict)
    expects: frozenset[Span] = frozenset()
    start: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<net {self.name}: {counted(len(self.layers), 'layer')}, {counted(self.params, 'parameter')}>"

    @property
    def params(self) -> int:
        """Weights, trainable and frozen, of the inference network; buffers are not counted."""
        used = {item.name: item for layer in self.layers if not layer.training_only for item in layer.parameters}
        return sum(item.count for item in used.values() if not item.buffer)

    @property
    def for_training(self) -> frozenset[str]:
        """The names of parameters that only `train only` layers use: an inference model has none of them."""
        used = {item.name for layer in self.layers if not layer.training_only for item in layer.parameters}
        return frozenset(item.name for item in self.parameters if item.name not in used)

    @property
    def inputs(self) -> list[Value]:
        """The declared inputs, `[N, …]`."""
        return self.graph.inputs

    @property
    def outputs(self) -> dict[str, Value]:
        """Name -> value."""
        return self.graph.outputs

    def _repr_html_(self) -> str:
        """The drawing and the summary, for notebooks."""
        from netc.compiler.drawing.build import draw
        from netc.compiler.drawing.svg import svg

        table = self.summary()._repr_html_()
        return f"{svg(draw(self), 'light')}<details><summary>{self.name}, layer by layer</summary>{table}</details>"

    def summary(self, depth: int | None = None) -> Summary:
        """Layers with shapes, parameters and cost, and their totals: a dict as `netc summary --format json` prints it.

        `print(net.summary())` shows the table.

        depth  how many levels of blocks `rows` opens; None leaves `rows` out
        """
        from netc.compiler.facts.summary import summary

        return summary(self, depth=depth)

    def plan(self, label: str | None = None) -> TrainPlan:
        """The plan with this label, or the only or first one; raises DiagnosticError E401 where there is none."""
        from netc.grammar.diagnostics import DiagnosticError

        for plan in self.plans:
            if label is None or plan.label == label:
                return plan
        wanted = "train section" if label is None else f'train section "{label}"'
        output = next(iter(self.outputs))
        if self.start:
            help = 'a model has none; `--loss "cross_entropy(output, label)"` stands for it'
        elif not re.search(rf"\b{re.escape(output)}\b", self.source):  # a name that the compiler gave
            help = (
                f"name the output, `logits = …`, and add `train {self.name} {{ loss = cross_entropy(logits, label) }}`"
            )
        else:
            help = f"add `train {self.name} {{ loss = cross_entropy({output}, label) }}` to {self.file}"
        raise DiagnosticError(Diagnostic("E401", f"net `{self.name}` has no {wanted}", help=help))
