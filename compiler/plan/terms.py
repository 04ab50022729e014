"""What a plan measures: losses and metrics, each of what stands in its places."""

from __future__ import annotations

import math
from dataclasses import dataclass

from netc.compiler.ir import DType, Value
from netc.compiler.losses.base import Loss, Measured, TargetSpec
from netc.compiler.metrics.base import Metric
from netc.grammar.diagnostics import Span

Target = str | float | Value
"""What a value is compared with: a field of the data by its name, a number, or a value of the net."""

Wanted = tuple[Target, TargetSpec]
"""What stands in a place for data, and what it should be."""


class _Given:
    """What a term reads: what stands in the places of its measure, in order, and a mask."""

    given: tuple[Target, ...]
    mask: Target | None

    @property
    def measure(self) -> Measured:
        """The loss or metric."""
        raise AssertionError("a term has a measure")

    @property
    def values(self) -> tuple[Value, ...]:
        """What stands in the places for values of the net."""
        pairs = zip(self.measure.places, self.given, strict=True)
        return tuple(given for place, given in pairs if not place.data and isinstance(given, Value))

    @property
    def prediction(self) -> Value:
        """The first value of the net."""
        return self.values[0]

    @property
    def target(self) -> Target | None:
        """What stands in the first place for data, or None where there is no such place."""
        return next((given for given, _ in self.wanted), None)

    @property
    def wanted(self) -> tuple[Wanted, ...]:
        """What stands in the places for data and what it should be; the mask is the last."""
        given = [given for place, given in zip(self.measure.places, self.given, strict=True) if place.data]
        found = list(zip(given, self.measure.targets(*self.values), strict=True))
        if self.mask is not None and not isinstance(self.mask, Value):
            positions = self.measure.positions(*self.values)
            found.append((self.mask, TargetSpec(DType.FLOAT32, positions, between=(0.0, math.inf))))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class LossTerm(_Given):
    """One weighted term of a loss; `logged` says that the step also gives it alone, as `loss.NAME`."""

    name: str
    weight: float
    loss: Loss
    given: tuple[Target, ...]
    span: Span
    mask: Target | None = None
    logged: bool = False

    @property
    def measure(self) -> Loss:
        """The loss."""
        return self.loss


@dataclass(frozen=True, slots=True)
class MetricTerm(_Given):
    """A metric, reported under `name`."""

    name: str
    metric: Metric
    given: tuple[Target, ...]
    span: Span
    mask: Target | None = None

    @property
    def measure(self) -> Metric:
        """The metric."""
        return self.metric


Term = LossTerm | MetricTerm


def values_of(term: Term) -> tuple[Value, ...]:
    """The values of the net that a term reads."""
    return tuple(given for given in (*term.given, term.mask) if isinstance(given, Value))
