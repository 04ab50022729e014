"""What a plan measures: losses and metrics, each of a prediction and a target."""

from __future__ import annotations

from dataclasses import dataclass

from netc.compiler.ir import Value
from netc.compiler.losses.base import Loss, TargetSpec
from netc.compiler.metrics.base import Metric
from netc.grammar.diagnostics import Span

Target = str | float | Value
"""What a prediction is compared with: a field of the data by its name, a number, or a value of the net."""


@dataclass(frozen=True, slots=True)
class LossTerm:
    """One weighted term of a loss; `logged` says that the step also gives it alone, as `loss.NAME`."""

    name: str
    weight: float
    loss: Loss
    prediction: Value
    target: Target
    span: Span
    logged: bool = False

    @property
    def wanted(self) -> TargetSpec:
        """What the loss wants its target to be."""
        return self.loss.target(self.prediction)


@dataclass(frozen=True, slots=True)
class MetricTerm:
    """A metric over a prediction and a target, reported under `name`."""

    name: str
    metric: Metric
    prediction: Value
    target: Target
    span: Span

    @property
    def wanted(self) -> TargetSpec:
        """What the metric wants its target to be."""
        return self.metric.target(self.prediction)


Term = LossTerm | MetricTerm


def values_of(term: Term) -> tuple[Value, ...]:
    """The values of the net that a term reads."""
    return (term.prediction, term.target) if isinstance(term.target, Value) else (term.prediction,)
