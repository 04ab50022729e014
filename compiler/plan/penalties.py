"""What `l1` and `l2` of layers and of a train section add to the loss: factors for each weight."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from netc.compiler.declare.parameter import Parameter
from netc.compiler.ir import Value
from netc.compiler.plan.moving import matches
from netc.compiler.plan.train_plan import StepPlan


@dataclass(frozen=True, slots=True)
class Penalty:
    """l1 * sum(abs(w)) + l2 * sum(w**2) of one parameter."""

    name: str
    value: Value
    l1: float
    l2: float


def penalties(parameters: Iterable[Parameter], step: StepPlan, moved: Collection[Value]) -> list[Penalty]:
    """The penalties of what a step moves: what the layer says, and every pattern of the section on top of it."""
    found = []
    for item in parameters:
        l1 = item.l1 + sum(factor for pattern, factor in step.l1 if matches(item.name, (pattern,)))
        l2 = item.l2 + sum(factor for pattern, factor in step.l2 if matches(item.name, (pattern,)))
        if item.value in moved and (l1 or l2):
            found.append(Penalty(item.name, item.value, l1, l2))
    return found
