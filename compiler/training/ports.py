"""What a training step takes: examples and targets, counters, parameters."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from netc.compiler.artifact import Port
from netc.compiler.ir import DType, Shape, Value
from netc.compiler.ir.dims import Dim
from netc.compiler.losses.base import ANY, LabelRow
from netc.compiler.net import Net
from netc.compiler.plan.terms import Term
from netc.compiler.plan.train_plan import TrainPlan
from netc.compiler.training.assembly import Assembly
from netc.compiler.training.looked_up import take_input


def batch_ports(net: Net, plan: TrainPlan | None = None) -> list[Port]:
    """The inputs of the net and the targets of a plan, the first one unless given, as its manifest will have them.

    Raises DiagnosticError E401 where the net has no plan.
    """
    plan = plan or net.plan()
    a = Assembly(net.name)
    take_data(a, net, plan.terms, plan)
    return a.ports(a.graph)[0]


def take_data(a: Assembly, net: Net, terms: Sequence[Term], plan: TrainPlan) -> dict[str, Value]:
    """The net's inputs and the terms' targets by their names; a target that is called like an input is that input."""
    size = next((one.size for one in reversed(plan.augmentation) if one.size is not None), None)
    for value in net.inputs:
        facts = {"resized": list(size)} if size is not None and len(value.shape) == 4 else {}
        take_input(a, net, value, **facts)
    return {value.name: value for value in net.inputs} | take_targets(a, net, terms)


def take_targets(a: Assembly, net: Net, terms: Sequence[Term]) -> dict[str, Value]:
    """An input for each field of the data that a term names and that is no input of the net."""
    wanted = [(target, spec) for term in terms for target, spec in term.wanted if isinstance(target, str)]
    inputs = {value.name for value in net.inputs}
    ignored = {target: spec.ignored for target, spec in wanted if spec.ignored is not None}
    weights, between, rows = _only_masks(terms), _between(terms), _label_rows(terms)
    targets: dict[str, Value] = {}
    for target, spec in wanted:
        if target not in targets and target not in inputs:
            facts: dict[str, Any] = {} if spec.classes is None else {"classes": spec.classes}
            if target in weights:
                facts["weighs"] = True
            labels = "" if spec.classes is None else f": labels from 0 to {spec.classes - 1}"
            if target in ignored:
                facts["ignored"] = ignored[target]
                labels += f", {ignored[target]} to ignore"
            if target in between:
                facts["between"] = [bound if math.isfinite(bound) else None for bound in between[target]]
            if target in rows:
                facts["row"] = rows[target].to_json()
            note = f"target {target}{labels}"
            targets[target] = a.input(target, spec.dtype, _decided(spec.shape, target), "target", note, **facts)
    return targets


def _between(terms: Sequence[Term]) -> dict[str, tuple[float, float]]:
    """Between which numbers fields of numbers lie; what a term has a mask for may lie elsewhere, left out."""
    found: dict[str, tuple[float, float]] = {}
    masked = {given for term in terms if term.mask is not None for given in term.given}
    for target, spec in (one for term in terms for one in term.wanted):
        if isinstance(target, str) and spec.between is not None and target not in masked:
            (low, high), known = spec.between, found.get(target, (-math.inf, math.inf))
            found[target] = max(low, known[0]), min(high, known[1])
    return found


def _label_rows(terms: Sequence[Term]) -> dict[str, LabelRow]:
    """What rows of labels are, by fields, with the steps of all predictions. A mask of examples takes out those whose
    steps are too few."""
    found: dict[str, LabelRow] = {}
    for term in terms:
        masked = isinstance(term.mask, Value) and term.mask.rank <= 1
        for target, spec in term.wanted:
            if isinstance(target, str) and spec.row is not None:
                known = found.get(target, replace(spec.row, steps=()))
                steps = () if masked else spec.row.steps
                found[target] = replace(known, steps=tuple(dict.fromkeys((*known.steps, *steps))))
    return found


def _only_masks(terms: Sequence[Term]) -> set[str]:
    """The fields that are masks and nothing else."""
    others = {given for term in terms for given in term.given}
    return {term.mask for term in terms if isinstance(term.mask, str)} - others


def _decided(shape: Shape, field: str) -> Shape:
    """A target's shape, with a size of its own where the data decides."""
    return tuple(Dim.symbol(f"{field}_length") if size == ANY else size for size in shape)


def take_counters(a: Assembly) -> tuple[Value, Value]:
    """The inputs that random masks depend on."""
    seed = a.input("seed", DType.INT64, (), "seed", "seed of the run's random masks")
    return seed, take_step(a)


def take_step(a: Assembly) -> Value:
    """The number of the step, which optimizers count time by."""
    return a.input("step", DType.INT64, (), "step", "number of this step, from 0")


def take_parameters(a: Assembly, net: Net, moved: Collection[Value] | None = None) -> None:
    """Every weight and buffer, whether training changes it or not.

    moved  the weights that this step changes; those that the net calls trainable unless given
    """
    for parameter in net.parameters:
        assert parameter.value.name == parameter.name, f"{parameter.name} goes by {parameter.value.name} in the graph"
        trainable = parameter.trainable if moved is None else parameter.value in moved
        kind = "buffer" if parameter.buffer else "weight" if trainable else "frozen weight"
        a.take(parameter.value, "param", f"{kind} {parameter.name}", trainable=trainable, buffer=parameter.buffer)
