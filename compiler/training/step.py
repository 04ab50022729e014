"""Losses, gradients, optimizer and metrics as nodes of one graph: a training step, gradients, scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from netc.compiler.declare.parameter import Parameter
from netc.compiler.ir import DType, Graph, Value
from netc.compiler.losses.base import TargetSpec
from netc.compiler.net import LossTerm, MetricTerm, Net, TrainPlan
from netc.compiler.options import Precision
from netc.compiler.passes import pool_before_relu, training_mode
from netc.compiler.passes.dead_code import dead_code, used_sources
from netc.compiler.pipeline.observers import seen
from netc.compiler.training.assembly import Assembly
from netc.compiler.training.gradient import gradients
from netc.compiler.training.loss_scaling import FIXED, LossScale, Slopes

Term = LossTerm | MetricTerm


def training_step(net: Net, plan: TrainPlan, precision: Precision = "float32") -> Assembly:
    """One update of every trainable parameter, optimizer state and buffer, with loss and metrics.

    A parameter that the loss does not depend on has no `.next`: it stays as it is, without weight decay. For a mixed
    precision the loss is scaled; `passes/mixed_precision.py` then chooses types. The output `loss` is never scaled.
    """
    a = Assembly(net.name)
    terms: list[Term] = [*plan.losses, *plan.metrics]
    targets = take_data(a, net, terms)
    rate = a.input("learning_rate", DType.FLOAT32, (), "hyper", "learning rate of this step")
    seed, step = take_counters(a)
    take_parameters(a, net)
    forward = forward_pass(a, net, terms, seed, step)
    loss = add_losses(a, plan, plan.losses, forward.predictions, targets)
    add_metrics(a, plan.metrics, forward.predictions, targets)
    reached = used_sources(dead_code(Graph(net.name, nodes=a.graph.nodes, outputs={"loss": loss})))
    trained = [parameter for parameter in net.parameters if parameter.trainable and parameter.value in reached]
    scale = LossScale(a) if precision == "mixed" else None
    found = gradients(a.graph, scale.applied(loss) if scale else loss, [parameter.value for parameter in trained])
    slopes = [(parameter, found[parameter.value]) for parameter in trained]
    if scale:
        slopes, finite = scale.unscaled(loss, slopes)
    add_updates(a, plan, clip(a, slopes, plan.clip_norm), rate, step)
    for parameter in net.parameters:
        if parameter.value in forward.statistics:
            give_next(a, parameter, forward.statistics[parameter.value])
    if scale:
        scale.guard(finite)
    return a


def gradient_step(net: Net, plan: TrainPlan, precision: Precision = "float32") -> Assembly:
    """The loss and its gradient for every trainable parameter and every float input, in training form."""
    a = Assembly(net.name)
    targets = take_data(a, net, plan.losses)
    seed, step = take_counters(a)
    take_parameters(a, net)
    forward = forward_pass(a, net, plan.losses, seed, step)
    loss = add_losses(a, plan, plan.losses, forward.predictions, targets)
    wanted = [parameter.value for parameter in net.parameters if parameter.trainable]
    wanted += [value for value in net.inputs if value.dtype == DType.FLOAT32]
    g = a.builder("loss.scale")
    scale = FIXED if precision == "mixed" else 1.0
    for value, slope in gradients(a.graph, g.Mul(loss, scale) if scale != 1 else loss, wanted).items():
        slope = g.Mul(slope, 1 / scale) if scale != 1 else slope
        a.output(f"gradient.{value.name}", slope, "gradient", f"gradient of loss for {value.name}", of=value.name)
    return a


def scorer(net: Net, plan: TrainPlan) -> Assembly:
    """Loss and metrics from predictions and targets, without the terms that only training has."""
    a = Assembly(net.name)
    excluded = training_only(net)
    losses = [term for term in plan.losses if term.prediction not in excluded]
    metrics = [term for term in plan.metrics if term.prediction not in excluded]
    paths = {value: path for path, value in [*reversed(net.values.items()), *reversed(net.outputs.items())]}
    terms: list[Term] = [*losses, *metrics]
    predictions: dict[Value, Value] = {}
    for term in terms:
        value = term.prediction
        if value not in predictions:
            name = paths.get(value, value.name)
            predictions[value] = a.input(name, value.dtype, value.shape, "prediction", f"prediction {name} of the net")
    targets = take_targets(a, terms, {})
    if losses:
        add_losses(a, plan, losses, predictions, targets)
    add_metrics(a, metrics, predictions, targets)
    return a


# ------------------------------------------------------------ inputs
def take_data(a: Assembly, net: Net, terms: Sequence[Term]) -> dict[str, Value]:
    """The net's inputs and the terms' targets; a target that is called like an input is that input."""
    for value in net.inputs:
        a.take(value, "data", f"input {value.name} of net {net.name}")
    return take_targets(a, terms, {value.name: value for value in net.inputs})


def take_targets(a: Assembly, terms: Sequence[Term], known: Mapping[str, Value]) -> dict[str, Value]:
    """An input for each field of the data that a term names."""
    targets = dict(known)
    for term in terms:
        if isinstance(term.target, str) and term.target not in targets:
            spec = target_spec(term)
            classes = {} if spec.classes is None else {"classes": spec.classes}
            labels = "" if spec.classes is None else f": labels from 0 to {spec.classes - 1}"
            note = f"target {term.target}{labels}"
            targets[term.target] = a.input(term.target, spec.dtype, spec.shape, "target", note, **classes)
    return targets


def target_spec(term: Term) -> TargetSpec:
    """What a term wants of the data."""
    declared = term.loss if isinstance(term, LossTerm) else term.metric
    return declared.target(term.prediction)


def take_counters(a: Assembly) -> tuple[Value, Value]:
    """The inputs that random masks depend on."""
    seed = a.input("seed", DType.INT64, (), "seed", "seed of the run's random masks")
    step = a.input("step", DType.INT64, (), "step", "number of this step, from 0")
    return seed, step


def take_parameters(a: Assembly, net: Net) -> None:
    """Every weight and buffer, whether training changes it or not."""
    for parameter in net.parameters:
        assert parameter.value.name == parameter.name, f"{parameter.name} goes by {parameter.value.name} in the graph"
        kind = "buffer" if parameter.buffer else "weight" if parameter.trainable else "frozen weight"
        note = f"{kind} {parameter.name}"
        a.take(parameter.value, "param", note, trainable=parameter.trainable, buffer=parameter.buffer)


# ------------------------------------------------------------ forward
@dataclass(frozen=True)
class Forward:
    """The network in training form: what predictions became, and the new values of running statistics."""

    predictions: dict[Value, Value]
    statistics: dict[Value, Value]


def forward_pass(a: Assembly, net: Net, terms: Sequence[Term], seed: Value, step: Value) -> Forward:
    """The network in training form. Layers that no term needs are dead code; their statistics don't move."""
    wanted: list[Value] = list(dict.fromkeys(term.prediction for term in terms))
    graph = net.graph.copy()
    graph.inputs, graph.parameters = a.graph.inputs, a.graph.parameters
    graph.outputs = {str(number): value for number, value in enumerate(wanted)}
    needed = used_sources(dead_code(graph))
    pooled = seen("pool_before_relu", graph, pool_before_relu(graph))
    graph, statistics = training_mode(pooled, seed, step)
    seen("training_mode", pooled, graph)
    a.graph.nodes.extend(graph.nodes)
    a.graph.made = graph.made
    moving = {old: new for old, new in statistics.items() if old in needed}
    return Forward(dict(zip(wanted, graph.outputs.values(), strict=True)), moving)


def training_only(net: Net) -> set[Value]:
    """Values that exist only in training: made inside `train only`, or from such a value."""
    nodes = {node for instance in net.layers if instance.training_only for node in instance.nodes}
    found: set[Value] = set()
    for node in net.graph.nodes:
        if node in nodes or any(value in found for value in node.inputs):
            found.update(node.outputs)
    return found


# ------------------------------------------------------------ terms
def add_losses(
    a: Assembly,
    plan: TrainPlan,
    terms: Sequence[LossTerm],
    predictions: Mapping[Value, Value],
    targets: Mapping[str, Value],
) -> Value:
    """The weighted sum of the terms as output `loss`, and each as `loss.name` where the section gives names."""
    total: Value | None = None
    named: list[tuple[str, Value]] = []
    for term in terms:
        g = a.builder(f"loss.{term.name}", term.span)
        prediction = predictions[term.prediction]
        if isinstance(term.target, str):
            target = targets[term.target]
        else:
            spec = term.loss.target(prediction)
            target = g.Expand(g.constant(term.target, spec.dtype), shape=spec.shape)
        value = term.loss.build(g, prediction, target)
        named.append((term.name, value))
        weighted = value if term.weight == 1 else g.Mul(value, float(term.weight))
        total = weighted if total is None else g.Add(total, weighted)
    assert total is not None, "a plan has at least one loss"
    a.output("loss", total, "loss", "what training minimizes: the mean over the batch")
    if plan.loss_is_table:
        for name, value in named:
            a.output(f"loss.{name}", value, "loss", f"the term {name} of the loss, before its weight")
    return total


def add_metrics(
    a: Assembly,
    terms: Sequence[MetricTerm],
    predictions: Mapping[Value, Value],
    targets: Mapping[str, Value],
) -> None:
    """Each metric as an output under its name."""
    for term in terms:
        g = a.builder(f"metric.{term.name}", term.span)
        value = term.metric.build(g, predictions[term.prediction], targets[term.target])
        a.output(term.name, value, "metric", f"metric {term.name}: the mean over the batch")


# ------------------------------------------------------------ updates
def clip(a: Assembly, slopes: Slopes, largest: float | None) -> Slopes:
    """Scale all gradients by min(1, largest / (norm + 1e-6)), norm over all of them (Pascanu et al. 2013)."""
    if largest is None or not slopes:
        return slopes
    g = a.builder("clip")
    squares: Value | None = None
    for _, slope in slopes:
        square = g.ReduceSum(g.Mul(slope, slope), axes=tuple(range(slope.rank)))
        squares = square if squares is None else g.Add(squares, square)
    assert squares is not None
    factor = g.Min(g.Div(g.constant(largest), g.Add(g.Sqrt(squares), 1e-6)), 1.0)
    return [(parameter, g.Mul(slope, factor)) for parameter, slope in slopes]


def add_updates(a: Assembly, plan: TrainPlan, slopes: Slopes, rate: Value, step: Value) -> None:
    """The optimizer's update of each parameter that has a gradient; state and new values become inputs and outputs."""
    g = a.builder("optimizer")
    time = g.Add(g.Cast(step, to=DType.FLOAT32), 1.0)
    slots = plan.optimizer.slots()
    for parameter, slope in slopes:
        value = parameter.value
        state = [
            a.input(f"{parameter.name}.{slot}", DType.FLOAT32, value.shape, "state", f"{slot} of {parameter.name}")
            for slot in slots
        ]
        g = a.builder(f"optimizer.{parameter.name}")
        new, new_state = plan.optimizer.update(g, value, slope, tuple(state), rate, time)
        give_next(a, parameter, new)
        for slot, old_value, new_value in zip(slots, state, new_state, strict=True):
            note = f"{slot} of {parameter.name} after the step"
            a.output(f"{parameter.name}.{slot}.next", new_value, "state", note, of=old_value.name)


def give_next(a: Assembly, parameter: Parameter, value: Value) -> None:
    """The new value of a parameter as an output."""
    a.output(f"{parameter.name}.next", value, "param", f"{parameter.name} after the step", of=parameter.name)
