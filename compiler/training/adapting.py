"""Weights that move by what few trained numbers add to them, as nodes around the optimizer's update.

A weight that is adapted is a parameter like any other, and its value is the sum: whoever runs, measures, averages or
exports the network needs to know nothing of it. What is trained, and the base that the sum begins from, are state of
the step: `NAME.lora_A`, `NAME.lora_B`, `NAME.base`.
"""

from __future__ import annotations

from dataclasses import dataclass

from netc.compiler.adapters.base import Adapter
from netc.compiler.ir import DType, Value
from netc.compiler.net import Net
from netc.compiler.plan.moving import adapted
from netc.compiler.plan.train_plan import TrainPlan
from netc.compiler.training.assembly import Assembly
from netc.compiler.training.loss_scaling import Slopes
from netc.compiler.training.updates import give_next

BASE = "base"
"""The leaf under which the step keeps what an adapted weight was at the start."""


@dataclass(frozen=True)
class Adapted:
    """A weight, how it is adapted, and the parts of it that are trained."""

    value: Value
    adapter: Adapter
    parts: dict[str, Value]


def split(a: Assembly, net: Net, plan: TrainPlan, slopes: Slopes) -> tuple[Slopes, list[Adapted]]:
    """The gradients with those of parts in place of those of the weights that they adapt, and these weights."""
    chosen = adapted(net.parameters, plan)
    kept: Slopes = []
    found = []
    for value, slope in slopes:
        if value.name not in chosen:
            kept.append((value, slope))
            continue
        adapter = chosen[value.name]
        parts = {}
        for leaf, part in adapter.parts(_shape(value)).items():
            facts = {"uniform": part.bound} if part.bound else {}
            note = f"{leaf} of {value.name}, which is trained in its place"
            parts[leaf] = a.input(f"{value.name}.{leaf}", DType.FLOAT32, part.shape, "state", note, **facts)
        g = a.builder("optimizer", value.name)
        kept += [(parts[leaf], item) for leaf, item in adapter.slopes(g, slope, parts).items()]
        found.append(Adapted(value, adapter, parts))
    return kept, found


def give_sums(a: Assembly, weights: list[Adapted]) -> None:
    """The new value of each weight: its base and what the parts, as they are after the update, add to it."""
    new = {facts["of"]: name for name, facts in a.outputs_of("state").items()}
    for one in weights:
        note = f"{one.value.name} as it was at the start"
        base = a.input(f"{one.value.name}.{BASE}", DType.FLOAT32, one.value.shape, "state", note, of=one.value.name)
        g = a.builder("optimizer", one.value.name)
        parts = {leaf: a.graph.outputs[new[part.name]] for leaf, part in one.parts.items()}
        give_next(a, one.value, g.Add(base, one.adapter.added(g, parts, _shape(one.value))))


def _shape(value: Value) -> tuple[int, ...]:
    return tuple(size for size in value.shape if isinstance(size, int))
