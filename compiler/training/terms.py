"""Losses and metrics as nodes: each term's target, its value, and what a model tells of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from netc.compiler.artifact import LOSS
from netc.compiler.ir import Builder, Value
from netc.compiler.plan.terms import LossTerm, MetricTerm, Term
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
        value = term.loss.build(g, values[term.prediction], _target(g, term, values, targets))
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


def _target(g: Builder, term: Term, values: Mapping[Value, Value], targets: Mapping[str, Value]) -> Value:
    if isinstance(term.target, str):
        return targets[term.target]
    if isinstance(term.target, Value):
        return values[term.target]
    spec = term.wanted
    return g.Expand(g.constant(term.target, spec.dtype), shape=spec.shape)
