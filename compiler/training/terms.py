"""Losses and metrics as nodes: each term's target, its value, and what a model tells of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from netc.compiler.artifact import LOSS
from netc.compiler.ir import Builder, Value
from netc.compiler.losses.base import TargetSpec
from netc.compiler.metrics.base import Mean
from netc.compiler.plan.penalties import Penalty
from netc.compiler.plan.terms import LossTerm, MetricTerm, Target, Term
from netc.compiler.training.assembly import Assembly
from netc.compiler.training.mixing import Mixed, loss_of

PENALTY = "penalty"
"""What the sum of the weights' penalties is called among the losses."""


def add_losses(
    a: Assembly,
    terms: Sequence[LossTerm],
    values: Mapping[Value, Value],
    targets: Mapping[str, Value],
    mixed: Mixed | None = None,
    penalized: Iterable[Penalty] = (),
) -> Value:
    """The weighted sum of the terms and penalties as output `loss`, and each as `loss.name` where it has a name.

    values   what the values of the net that terms read became;  targets: the fields of the data by name
    mixed    how answers are mixed, where the plan mixes examples
    penalized  the penalties that are added, together logged as `loss.penalty`
    """
    total: Value | None = None
    logged: list[tuple[str, Value]] = []
    for term in terms:
        g = a.builder("loss", term.name, term.span)
        stand, mask = given(g, term, values, targets), _mask(g, term, values, targets)
        value = loss_of(g, term, stand, mask, mixed)
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


def add_loss_sums(
    a: Assembly, terms: Sequence[LossTerm], values: Mapping[Value, Value], targets: Mapping[str, Value]
) -> list[dict[str, Any]]:
    """What the losses are over all rows of several batches, where positions count differently in one of them.

    Each term is an output `loss.NUMBER`, or its parts `.total` and `.weight`; returns how they make the loss, for the
    manifest. Nothing where no term is weighted, and the loss is a mean over rows.
    """
    made = []
    for term in terms:
        g = a.builder("loss", term.name, term.span)
        stand, mask = given(g, term, values, targets), _mask(g, term, values, targets)
        made.append((g, term, stand, mask, term.loss.sums(g, *stand, mask=mask)))
    if all(sums is None for *_, sums in made):
        return []
    for number, (g, term, stand, mask, sums) in enumerate(made):
        name = f"{LOSS}.{number}"
        if sums is None:
            a.output(name, term.loss.build(g, *stand, mask=mask), "loss", f"the term {term.name}: the mean over rows")
            continue
        for part, value in zip(("total", "weight"), sums, strict=True):
            note = f"the term {term.name}: its part {part}; the batches' are added up"
            a.output(f"{name}.{part}", value, "loss", note, metric=name, part=part, combine="sum")
    return [
        {"output": f"{LOSS}.{number}", "weight": term.weight, "name": term.name, "logged": term.logged}
        for number, term in enumerate(terms)
    ]


def add_metrics(
    a: Assembly,
    terms: Sequence[MetricTerm],
    values: Mapping[Value, Value],
    targets: Mapping[str, Value],
    *,
    held_out: bool = False,
) -> None:
    """Each metric as an output under its name, or as the parts that make its figure, `NAME.PART`.

    held_out  whether it is held-out data that is measured: those that need all rows are left out otherwise
    """
    for term in terms:
        if term.metric.rows and not held_out:
            continue
        g, metric = a.builder("metric", term.name, term.span), term.metric
        stand, mask = given(g, term, values, targets), _mask(g, term, values, targets)
        whole = metric.whole(g, *stand, mask=mask) if isinstance(metric, Mean) else None
        if whole is not None:
            a.output(term.name, whole, "metric", f"metric {term.name}: the mean over the batch")
            continue
        combine = "rows" if metric.rows else "sum"
        note = "the batches' are joined" if metric.rows else "the batches' are added up"
        for part, value in metric.tally(g, *stand, mask=mask).items():
            name = f"{term.name}.{part}"
            about = f"metric {term.name}: its part {part}; {note}"
            a.output(name, value, "metric", about, metric=term.name, part=part, combine=combine)


def given(g: Builder, term: Term, values: Mapping[Value, Value], targets: Mapping[str, Value]) -> list[Value]:
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
