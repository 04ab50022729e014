"""Losses and metrics as nodes: each term's target, its value, and what a model tells of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from netc.compiler.artifact import LOSS
from netc.compiler.ir import Builder, Value
from netc.compiler.plan.penalties import Penalty
from netc.compiler.plan.terms import LossTerm, MetricTerm, Term
from netc.compiler.training.assembly import Assembly

PENALTY = "penalty"
"""What the sum of the weights' penalties is called among the losses."""


def add_losses(
    a: Assembly,
    terms: Sequence[LossTerm],
    values: Mapping[Value, Value],
    targets: Mapping[str, Value],
    penalized: Iterable[Penalty] = (),
) -> Value:
    """The weighted sum of the terms and penalties as output `loss`, and each as `loss.name` where it has a name.

    values     what the values of the net that terms read became;  targets: the fields of the data by name
    penalized  the penalties that are added, together logged as `loss.penalty`
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
    penalty = _penalty(a, penalized)
    if penalty is not None:
        logged.append((PENALTY, penalty))
        total = a.builder("loss", PENALTY).Add(total, penalty)
    a.output(LOSS, total, "loss", "what training minimizes: the mean over the batch")
    for name, value in logged:
        note = "what l1 and l2 add" if value is penalty else f"the term {name} of the loss, before its weight"
        a.output(f"{LOSS}.{name}", value, "loss", note)
    return total


def _penalty(a: Assembly, penalized: Iterable[Penalty]) -> Value | None:
    """l1 * sum(abs(w)) + l2 * sum(w**2) over all weights that have penalties; None where none has."""
    total: Value | None = None
    for item in penalized:
        w, g = item.value, a.builder("loss", f"{PENALTY}.{item.name}")
        axes = tuple(range(w.rank))
        for factor, size in ((item.l1, g.Abs), (item.l2, lambda w, g=g: g.Mul(w, w))):
            if factor:
                part = g.Mul(g.ReduceSum(size(w), axes=axes), factor)
                total = part if total is None else g.Add(total, part)
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
