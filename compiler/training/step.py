"""A training step as nodes of one graph, and the two it can be cut into: a backward pass and an update.

The fused step is the one followed by the other, with gradients as values in between; cut, they are outputs of the
first model and inputs of the second, so that somebody can add them up or average them on the way.
"""

from __future__ import annotations

from dataclasses import dataclass

from netc.compiler.ir import DType, Graph, Value
from netc.compiler.net import Net
from netc.compiler.options import Precision
from netc.compiler.passes.dead_code import dead_code, used_sources
from netc.compiler.plan.moving import frozen, moving, thawed
from netc.compiler.plan.penalties import penalties
from netc.compiler.plan.terms import Term, values_of
from netc.compiler.plan.train_plan import StepPlan, TrainPlan
from netc.compiler.training.accumulation import add_up
from netc.compiler.training.adapting import give_sums, split
from netc.compiler.training.assembly import Assembly
from netc.compiler.training.averaging import add_averages
from netc.compiler.training.following import add_following
from netc.compiler.training.forward import forward_pass
from netc.compiler.training.gradient import gradients
from netc.compiler.training.loss_scaling import FIXED, LossScale, Slopes
from netc.compiler.training.mixing import take_share
from netc.compiler.training.ports import take_counters, take_data, take_parameters, take_step
from netc.compiler.training.terms import add_losses, add_metrics
from netc.compiler.training.updates import add_updates, clip, clip_elements, give_next


@dataclass(frozen=True)
class Measured:
    """A step up to its loss: what it moves of what the loss depends on, new running statistics, rate and count."""

    loss: Value
    trained: list[Value]
    statistics: dict[Value, Value]
    count: Value
    rate: Value | None = None


def training_step(net: Net, plan: TrainPlan, step: StepPlan, precision: Precision = "float32") -> Assembly:
    """One update of everything that the step moves, optimizer state and buffers, with loss and metrics.

    What the loss does not depend on has no `.next`: it stays as it is, without weight decay. For a mixed precision the
    loss is scaled; `passes/mixed_precision.py` then chooses types. The output `loss` is never scaled.
    """
    a = Assembly(net.name)
    measured = _measured(a, net, plan, step, updates=True)
    assert measured.rate is not None
    scale = LossScale(a) if precision == "mixed" else None
    slopes = _slopes(a, measured, scale)
    finite = _update(a, net, plan, step, slopes, measured.loss, measured.rate, measured.count, scale)
    for old, new in measured.statistics.items():
        give_next(a, old, new)
    if step is plan.steps[-1]:
        add_following(a, net, plan, measured.count)
    add_averages(a, net, plan)
    if scale and finite:
        scale.guard(finite)
    return a


def backward_step(net: Net, plan: TrainPlan, step: StepPlan, precision: Precision = "float32") -> Assembly:
    """The first half: loss, metrics, `gradient.NAME` for everything that the step moves, new running statistics.

    Gradients are not clipped; under a loss scale they are those of the scaled loss, and statistics stay where one of
    them is not finite. A plan that accumulates has them as state: each is the sum over the batches of an update so far.
    """
    a = Assembly(net.name)
    measured = _measured(a, net, plan, step, updates=False)
    scale = LossScale(a) if precision == "mixed" else None
    slopes = _slopes(a, measured, scale)
    for old, new in measured.statistics.items():
        give_next(a, old, new)
    if scale:
        scale.keep(scale.finite(measured.loss, slopes))
        a.drop_inputs({scale.good})
    if plan.accumulate > 1:
        add_up(a, slopes)
    else:
        for value, slope in slopes:
            give_gradient(a, value, slope)
    return a


def update_step(net: Net, plan: TrainPlan, step: StepPlan, precision: Precision = "float32") -> Assembly:
    """The second half: from gradients, learning rate, parameters and state to new ones.

    It takes a gradient for everything that the step moves and its loss depends on, as the first half gives them. Under
    a loss scale it takes the loss too, which decides with them whether the step counts.
    """
    a = Assembly(net.name)
    trained = _trained(net, plan, step)
    for value in trained:
        if value in net.inputs:
            a.take(value, "data", f"input {value.name} of net {net.name}")
    rate = take_rate(a)
    count = take_step(a)
    slopes: Slopes = []
    for value in trained:
        if value not in net.inputs:
            a.take(value, "param", f"weight {value.name}", trainable=True, buffer=False)
        note = f"gradient of loss for {value.name}"
        slope = a.input(f"gradient.{value.name}", DType.FLOAT32, value.shape, "gradient", note, of=value.name)
        slopes.append((value, slope))
    loss = scale = None
    if precision == "mixed":
        loss = a.input("loss", DType.FLOAT32, (), "loss", "the loss that the gradients are of, not scaled")
        scale = LossScale(a)
    finite = _update(a, net, plan, step, slopes, loss, rate, count, scale)
    if step is plan.steps[-1]:
        add_following(a, net, plan, count)
    fixed = frozen(net.parameters, plan)
    add_averages(a, net, plan, [item for item in net.parameters if item.buffer and item.value not in fixed])
    if scale and finite:
        scale.guard(finite)
    return a


def gradient_step(net: Net, plan: TrainPlan, precision: Precision = "float32") -> Assembly:
    """The loss and its gradient for every trainable parameter and every float input, in training form.

    The losses of all steps are added up.
    """
    a = Assembly(net.name)
    targets = take_data(a, net, plan.losses, plan)
    seed, count = take_counters(a)
    take_parameters(a, net)
    fixed = frozen(net.parameters, plan)
    wanted = [parameter.value for parameter in net.parameters if parameter.trainable]
    wanted += [value for value in net.inputs if value.dtype == DType.FLOAT32]
    forward = forward_pass(a, net, plan.losses, seed, count, wanted, fixed)
    moved = {item.value for item in net.parameters if item.trainable and item.value not in fixed}
    penalized = [item for step in plan.steps for item in penalties(net.parameters, step, moved)]
    loss = add_losses(a, plan.losses, forward.values, targets, penalized=penalized)
    g = a.builder("loss", "scale")
    scale = FIXED if precision == "mixed" else 1.0
    for value, slope in gradients(a.graph, g.Mul(loss, scale) if scale != 1 else loss, wanted).items():
        give_gradient(a, value, g.Mul(slope, 1 / scale) if scale != 1 else slope)
    return a


def take_rate(a: Assembly) -> Value:
    """The learning rate, which the schedule decides outside the graph."""
    return a.input("learning_rate", DType.FLOAT32, (), "hyper", "learning rate of this step")


def give_gradient(a: Assembly, value: Value, slope: Value) -> None:
    """A gradient as an output."""
    a.output(f"gradient.{value.name}", slope, "gradient", f"gradient of loss for {value.name}", of=value.name)


def _measured(a: Assembly, net: Net, plan: TrainPlan, step: StepPlan, *, updates: bool) -> Measured:
    """Inputs, forward pass, losses and metrics; the learning rate among the inputs where the step updates."""
    terms: list[Term] = [*step.losses, *plan.metrics]
    targets = take_data(a, net, terms, plan)
    rate = take_rate(a) if updates else None
    seed, count = take_counters(a)
    mixed = take_share(a, net, plan, targets)
    take_parameters(a, net, set(moving(net.parameters, net.inputs, plan, step)))
    trained = _trained(net, plan, step)
    forward = forward_pass(a, net, terms, seed, count, trained, frozen(net.parameters, plan))
    penalized = penalties(net.parameters, step, set(trained))
    loss = add_losses(a, step.losses, forward.values, targets, mixed, penalized)
    add_metrics(a, plan.metrics, forward.values, targets)
    return Measured(loss, trained, forward.statistics, count, rate)


def _trained(net: Net, plan: TrainPlan, step: StepPlan) -> list[Value]:
    """What the step moves and its losses depend on, in order."""
    read = [value for term in step.losses for value in values_of(term)]
    outputs = {str(number): value for number, value in enumerate(read)}
    reached = used_sources(dead_code(Graph(net.name, nodes=net.graph.nodes, outputs=outputs)))
    return [value for value in moving(net.parameters, net.inputs, plan, step) if value in reached]


def _slopes(a: Assembly, measured: Measured, scale: LossScale | None) -> Slopes:
    """The gradient of the loss, scaled where it has a scale, for everything that moves."""
    loss = scale.applied(measured.loss) if scale else measured.loss
    found = gradients(a.graph, loss, measured.trained)
    return [(value, found[value]) for value in measured.trained]


def _update(
    a: Assembly,
    net: Net,
    plan: TrainPlan,
    step: StepPlan,
    slopes: Slopes,
    loss: Value | None,
    rate: Value,
    count: Value,
    scale: LossScale | None,
) -> Value | None:  # fmt: skip
    """New parameters and state from gradients; under a loss scale, whether loss and gradients are finite."""
    finite = None
    names = [parameter.name for parameter in net.parameters]
    if scale:
        assert loss is not None, "the loss decides too whether a step counts"
        slopes, scaled = scale.unscaled(slopes), slopes
        finite = scale.finite(loss, scaled)
    since = thawed(net.parameters, plan)
    slopes, sums = split(a, net, plan, slopes)
    names = list(dict.fromkeys([*names, *(value.name for value, _ in slopes)]))
    slopes = clip(a, clip_elements(a, slopes, step.clip_value), step.clip_norm)
    add_updates(a, step, slopes, rate, count, names, since)
    give_sums(a, sums)
    return finite
