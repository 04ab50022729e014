"""Losses and metrics as nodes: each term's target, its value, and what a model tells of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from netc.compiler.artifact import LOSS
from netc.compiler.ir import Builder, Value
from netc.compiler.losses.base import TargetSpec
from netc.compiler.plan.terms import LossTerm, MetricTerm, Target, Term
from netc.compiler.training.assembly import Assembly


def add_losses(
    a: Assembly, terms: Sequence[LossTerm], values: Mapping[Value, Value], targets: Mapping[str, Value]
) -> Value:
    """The weighted sum of the terms as output `loss`, and each as `loss.name` where the section gives names.

    values   what the values of the net that terms read became;  targets: the fields of the data by name
    """
    total: Value | None = None
    logged: list[tuple[str, Value]] = []
    for term in terms:
        g = a.builder("loss", term.name, term.span)
        value = term.loss.build(g, *given(g, term, values, targets), mask=_mask(g, term, values, targets))
        if term.logged:
            logged.append((term.name, value))
        weighted = value if term.weight == 1 else g.Mul(value, float(term.weight))
        total = weighted if total is None else g.Add(total, weighted)
    assert total is not None, "a step has at least one loss"
    a.output(LOSS, total, "loss", "what training minimizes: the mean over the batch")
    for name, value in logged:
        a.output(f"{LOSS}.{name}", value, "loss", f"the term {name} of the loss, before its weight")
    return total


def add_metrics(
    a: Assembly, terms: Sequence[MetricTerm], values: Mapping[Value, Value], targets: Mapping[str, Value]
) -> None:
    """Each metric as an output under its name."""
    for term in terms:
        g = a.builder("metric", term.name, term.span)
        value = term.metric.build(g, values[term.prediction], _target(g, term, values, targets))
        a.output(term.name, value, "metric", f"metric {term.name}: the mean over the batch")


def given(
    g: Builder, term: Term, values: Mapping[Value, Value], targets: Mapping[str, Value]
) -> list[Value]:
    """What stands in a term's places, in order."""
    specs = iter(spec for _, spec in term.wanted)
    places = zip(term.measure.places, term.given, strict=True)
    return [_source(g, item, next(specs) if place.data else None, values, targets) for place, item in places]


def _mask(g: Builder, term: Term, values: Mapping[Value, Value], targets: Mapping[str, Value]) -> Value | None:
    if term.mask is None or isinstance(term.mask, Value):
        return None if term.mask is None else values[term.mask]
    return _source(g, term.mask, term.wanted[-1][1], values, targets)


def _source(
    g: Builder, item: Target, spec: TargetSpec | None, values: Mapping[Value, Value], targets: Mapping[str, Value]
) -> Value:
    if isinstance(item, str):
        return targets[item]
    if isinstance(item, Value):
        return values[item]
    assert spec is not None, "a number stands for data"
    return g.Expand(g.constant(item, spec.dtype), shape=spec.shape)
