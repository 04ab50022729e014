"""Weights of classes that the data decides: `class_weights=balanced`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from netc.compiler.losses.cross_entropy import CrossEntropy
from netc.compiler.plan.terms import LossTerm
from netc.compiler.plan.train_plan import TrainPlan
from netc.grammar.diagnostics import Diagnostic, DiagnosticError, Label

Weights = tuple[float, ...]


def undecided(plan: TrainPlan) -> bool:
    """Whether a loss weights its classes as data decides that hasn't come yet."""
    return any(_waits(term) for term in plan.losses)


def decided(plan: TrainPlan, counts: Mapping[str, Sequence[int]]) -> TrainPlan:
    """The plan with numbers in the place of `balanced`, where the labels of a loss's target have been counted.

    counts  {field of the data: how many labels of each class there are to train on}
    """
    return _with_weights(plan, lambda term: balanced(counts[str(term.target)], term) if term.target in counts else None)


def provisional(plan: TrainPlan) -> TrainPlan:
    """The plan with ones in the place of `balanced`: a step of the same inputs and size."""
    return _with_weights(plan, lambda term: (1.0,) * _classes(term))


def check_decided(plan: TrainPlan) -> None:
    """Raise DiagnosticError E584 where data would have to decide."""
    if undecided(plan):
        raise DiagnosticError(
            Diagnostic(
                "E584",
                "`class_weights=balanced` is decided by data, and none has been given yet",
                Label(next(term.span for term in plan.losses if _waits(term)), "decided by data"),
                help="train on rows, whose labels can be counted, or write numbers: `class_weights=[1, 2.5]`",
            )
        )


def balanced(counts: Sequence[int], term: LossTerm) -> Weights:
    """All labels by (classes that occur * labels of the class), so that each class counts alike; 1 without labels."""
    ignored = getattr(term.loss, "ignore_index", None)
    classes = _classes(term)
    found = [0 if at == ignored else count for at, count in enumerate([*counts, *[0] * classes][:classes])]
    occurring = sum(count > 0 for count in found)
    return tuple(sum(found) / (occurring * count) if count else 1.0 for count in found)


def _waits(term: LossTerm) -> bool:
    return isinstance(term.loss, CrossEntropy) and term.loss.class_weights == "balanced"


def _classes(term: LossTerm) -> int:
    classes = term.wanted[0][1].classes
    assert classes is not None, "a loss with weights of classes has labels"
    return classes


def _with_weights(plan: TrainPlan, weights: Callable[[LossTerm], Weights | None]) -> TrainPlan:
    def changed(term: LossTerm) -> LossTerm:
        found = weights(term) if _waits(term) else None
        if found is None:
            return term
        return replace(term, loss=type(term.loss)(**{**term.loss.settings(), "class_weights": found}))

    return replace(plan, steps=tuple(replace(step, losses=tuple(map(changed, step.losses))) for step in plan.steps))
