"""Loss and metrics from predictions and targets, for evaluation."""

from __future__ import annotations

from typing import Any

from netc.compiler.ir import Value
from netc.compiler.net import Net
from netc.compiler.plan.terms import Term, values_of
from netc.compiler.plan.train_plan import TrainPlan
from netc.compiler.training.assembly import Assembly
from netc.compiler.training.forward import training_only
from netc.compiler.training.ports import take_targets
from netc.compiler.training.terms import add_loss_sums, add_losses, add_metrics


def scorer(net: Net, plan: TrainPlan) -> tuple[Assembly, list[dict[str, Any]]]:
    """The terms of a plan over inputs: predictions called by their paths, targets, and the net's own inputs as data.

    Terms that only training has are left out. The loss is the sum over all steps. Returned with
    it is how losses whose positions count differently are made of their parts.
    """
    a = Assembly(net.name)
    excluded = training_only(net)
    losses = [term for term in plan.losses if excluded.isdisjoint(values_of(term))]
    metrics = [term for term in plan.metrics if excluded.isdisjoint(values_of(term))]
    terms: list[Term] = [*losses, *metrics]
    values = _take_values(a, net, terms)
    fields = {value.name: values[value] for value in net.inputs if value in values} | take_targets(a, net, terms)
    sums = add_loss_sums(a, losses, values, fields)
    if losses and not sums:
        add_losses(a, losses, values, fields)
    add_metrics(a, metrics, values, fields, held_out=True)
    return a, sums


def unmeasured(net: Net, plan: TrainPlan) -> list[str]:
    """The terms of the loss that a scorer leaves out, because only training has their values."""
    excluded = training_only(net)
    return [term.name for term in plan.losses if not excluded.isdisjoint(values_of(term))]


def _take_values(a: Assembly, net: Net, terms: list[Term]) -> dict[Value, Value]:
    """An input for every value of the net that a term reads, each once, in the order in which terms name them."""
    paths = {value: path for path, value in [*reversed(net.values.items()), *reversed(net.outputs.items())]}
    inputs = {value.name: value for value in net.inputs}
    found: dict[Value, Value] = {}
    for term in terms:
        fields = [*term.given, term.mask]
        named = [inputs[field] for field in fields if isinstance(field, str) and field in inputs]
        for value in (*values_of(term), *named):
            if value in found:
                continue
            if value in inputs.values():
                found[value] = a.input(value.name, value.dtype, value.shape, "data", f"input {value.name} of the net")
            else:
                name = paths.get(value, value.name)
                note = f"prediction {name} of the net"
                found[value] = a.input(name, value.dtype, value.shape, "prediction", note)
    return found
