"""A training step that tells of every layer whether what flows through it is finite, forth and back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from netc.compiler.ir import DType, Graph, Value
from netc.compiler.net import Net
from netc.compiler.passes.dead_code import dead_code
from netc.compiler.plan.moving import frozen, moving
from netc.compiler.plan.penalties import penalties
from netc.compiler.plan.terms import values_of
from netc.compiler.plan.train_plan import StepPlan, TrainPlan
from netc.compiler.training.assembly import Assembly
from netc.compiler.training.forward import forward_pass
from netc.compiler.training.gradient import gradients
from netc.compiler.training.mixing import take_share
from netc.compiler.training.ports import take_counters, take_data, take_parameters
from netc.compiler.training.terms import add_losses


def traced_step(net: Net, plan: TrainPlan, step: StepPlan) -> tuple[Assembly, list[tuple[str, bool]]]:
    """The step up to its gradients. Its outputs are sums of whole tensors: not finite where one of their numbers isn't.

    Outputs `trace.0`, `trace.1`, … belong to the pairs of the list, in the order in which a step makes them: the
    outputs of layers by their paths, and from the loss back the gradients of these and of parameters, with True.
    Outputs `loss.0`, `loss.1`, … are the step's losses.
    """
    a = Assembly(net.name)
    targets = take_data(a, net, step.losses, plan)
    seed, count = take_counters(a)
    mixed = take_share(a, net, plan, targets)
    moved = moving(net.parameters, net.inputs, plan, step)
    take_parameters(a, net, set(moved))
    made = list(_made(net, step))
    values = [value for _, value in made]
    forward = forward_pass(a, net, step.losses, seed, count, moved, frozen(net.parameters, plan), also=values)
    penalized = penalties(net.parameters, step, set(moved))
    terms = [replace(term, name=str(number), logged=True) for number, term in enumerate(step.losses)]
    loss = add_losses(a, terms, forward.values, targets, mixed, penalized)
    inner = [forward.values[value] for value in values]
    slopes = gradients(a.graph, loss, [*inner, *moved])
    told = [(path, False, value) for (path, _), value in zip(made, inner, strict=True)]
    for (path, _), value in reversed(list(zip(made, inner, strict=True))):
        told.append((path, True, slopes[value]))
        told += [(value.name, True, slopes[value]) for value in moved if value.name.rpartition(".")[0] == path]
    g = a.builder("loss", "trace")
    for number, (_, _, value) in enumerate(told):
        total = g.ReduceSum(value, axes=tuple(range(value.rank))) if value.rank else value
        a.output(f"trace.{number}", total, "output", "a sum, which is finite where all its numbers are")
    return a, [(path, is_gradient) for path, is_gradient, _ in told]


def _made(net: Net, step: StepPlan) -> Iterator[tuple[str, Value]]:
    """What the layers that the losses need make of floating-point numbers, in the order in which they run."""
    read = [value for term in step.losses for value in values_of(term)]
    needed = dead_code(
        Graph(net.name, nodes=net.graph.nodes, outputs={str(at): value for at, value in enumerate(read)})
    )
    live = {value for node in needed.nodes for value in node.outputs}
    for layer in net.layers:
        for value in layer.outputs:
            if value in live and value.dtype == DType.FLOAT32:
                yield layer.path, value
