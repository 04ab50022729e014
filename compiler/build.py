"""From a Net to ONNX: the kinds of model that leave the compiler."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal, TypedDict, Unpack

from netc.compiler import collector, targets
from netc.compiler.artifact import MANIFEST_VERSION, Artifact, Kind, Manifest, Need
from netc.compiler.facts.demand import check_demand
from netc.compiler.ir import Graph, Value
from netc.compiler.net import Net
from netc.compiler.ops.checks import surely_less
from netc.compiler.ops.needs import needs_of
from netc.compiler.options import DEFAULTS, Options, Precision
from netc.compiler.passes import dead_code, used_sources
from netc.compiler.pipeline import Context, run
from netc.compiler.plan.adopted import adopted
from netc.compiler.plan.class_weights import check_decided
from netc.compiler.plan.train_plan import SETTINGS, StepPlan, TrainPlan, to_json
from netc.compiler.probes import Term, probed
from netc.compiler.training.assembly import Assembly
from netc.compiler.training.forward import training_only
from netc.compiler.training.in_place import written_in_place
from netc.compiler.training.looked_up import take_input
from netc.compiler.training.ports import take_parameters
from netc.compiler.training.scorer import scorer
from netc.compiler.training.step import backward_step, gradient_step, training_step, update_step
from netc.compiler.training.tracing import traced_step
from netc.grammar.diagnostics import DiagnosticError
from netc.grammar.limits import too_many_rows

if TYPE_CHECKING:
    import numpy as np

    from netc.compiler.emit.external import ExternalData

    Weights = Mapping[str, np.ndarray[Any, Any]]


@collector.waiting()
def compile_inference(
    net: Net,
    weights: Weights | None = None,
    *,
    taps: Sequence[str] = (),
    batch: int | None = None,
    target: str = "std",
    seed: int = 0,
    weights_as: Literal["initializers", "inputs"] = "initializers",
    options: Options = DEFAULTS,
    external: ExternalData | None = None,
) -> Artifact:
    """The network for use: inputs and outputs as in the text, without what only training has.

    weights     by name; the initial ones of `seed` unless given
    taps        paths of inner values that become outputs too
    batch       fixes the batch size, which is open as `N` otherwise
    weights_as  "inputs" leaves the weights out of the model, for callers that keep them on a device
    external    takes the weights instead of the model, whose caller writes them beside it
    Raises DiagnosticError: E280 for a tap that is no value of the network, E550 and E552 for weights that don't fit.
    """
    a = network(net, taps)
    given = _weights(a, net, weights, seed, weights_as)
    return _finish(a, net, "infer", target, batch, options, weights=given, external=external)


def network(net: Net, taps: Sequence[str] = ()) -> Assembly:
    """The network without what only training has; raises DiagnosticError E280 for a tap that is no value of it."""
    from netc.compiler.facts.taps import find_taps

    a = Assembly(net.name)
    for value in net.inputs:
        take_input(a, net, value)
    take_parameters(a, net)
    hidden = training_only(net)
    for name, value in net.outputs.items():
        if value not in hidden:
            a.output(name, value, "output", f"output {name} of net {net.name}")
    for path, value in find_taps(net, taps).items():
        if path not in net.outputs:
            a.output(path, value, "output", f"inner value {path} of net {net.name}", tap=True)
    graph = net.graph.copy()
    graph.inputs, graph.parameters, graph.outputs = a.graph.inputs, a.graph.parameters, a.graph.outputs
    a.graph = a.network = dead_code(graph)
    _drop_unused(a, net)
    return a


class Step(TypedDict, total=False):
    """Which step of a plan, and how it is written.

    step     the name of one of the plan's steps, the first unless given
    batch    fixes the batch size, which is open as `N` otherwise
    target   "std" unless given;  options: the defaults unless given
    """

    step: str | None
    batch: int | None
    target: str
    options: Options


@collector.waiting()
def compile_training(net: Net, plan: TrainPlan | None = None, **how: Unpack[Step]) -> Artifact:
    """One training step: batch, learning rate, seed, step, parameters and state in; loss, metrics, new ones out.

    `plan` is the net's first train section unless given; raises DiagnosticError E401 where there is none, E415 where
    its patterns name nothing, E417 where it is of another net.
    """
    return _compile_step("train", training_step, net, plan, **how)


@collector.waiting()
def compile_backward(net: Net, plan: TrainPlan | None = None, **how: Unpack[Step]) -> Artifact:
    """The first half of a training step: loss, metrics, `gradient.NAME` of what moves, and new running statistics.

    What `compile_update` makes of these gradients is what `compile_training` does. Arguments and errors as there.
    """
    return _compile_step("backward", backward_step, net, plan, **how)


@collector.waiting()
def compile_update(net: Net, plan: TrainPlan | None = None, **how: Unpack[Step]) -> Artifact:
    """The second half of a training step: gradients, learning rate, step, parameters and state in, new ones out.

    Clipping belongs to it. Arguments and errors as in `compile_training`.
    """
    return _compile_step("update", update_step, net, plan, **how)


@collector.waiting()
def compile_trace(
    net: Net, plan: TrainPlan, step: str | None = None, *, target: str = "std", options: Options = DEFAULTS
) -> tuple[Artifact, list[tuple[str, bool]]]:
    """A step up to its gradients, whose outputs say where numbers that are not finite first appear.

    The list has a path for each output, in the order of the step, and whether it is of a gradient.
    """
    plan = _plan_of(net, plan)
    assembly, told = traced_step(net, plan, plan.step(step))
    return _finish(assembly, net, "gradient", target, None, options), told


@collector.waiting()
def compile_gradients(
    net: Net,
    plan: TrainPlan | None = None,
    *,
    batch: int | None = None,
    target: str = "std",
    options: Options = DEFAULTS,
) -> Artifact:
    """The loss and `gradient.NAME` for every trainable parameter and float input, in training form, not clipped."""
    step = gradient_step(net, _plan_of(net, plan), options.precision)
    return _finish(step, net, "gradient", target, batch, options)


@collector.waiting()
def compile_probe(
    net: Net,
    terms: Sequence[Term],
    wrt: Sequence[str] = (),
    *,
    taps: Sequence[str] = (),
    sizes: Mapping[str, tuple[int, ...]] | None = None,
    target: str = "std",
) -> Artifact:
    """What inner values of the trained network are worth, and how that changes with its inputs, or other inner values.

    terms  judge inner values: netc.compiler.probes;  wrt: float inputs and paths to give `gradient.NAME` for
    taps   paths of inner values that become outputs too;  sizes: {input: height and width} other than the text's

    Raises DiagnosticError E280 for a path that is no value of the network, E281 where a layer needs the text's size.
    """
    return _finish(probed(net, terms, wrt, taps, sizes), net, "probe", target, None, DEFAULTS)


@collector.waiting()
def compile_scorer(net: Net, plan: TrainPlan | None = None) -> Artifact:
    """Loss and metrics from predictions (named by their paths) and targets, for evaluation."""
    plan = _plan_of(net, plan)
    check_decided(plan)
    settings: dict[str, Any] = {"metrics": SETTINGS["metrics"].form.to_json(plan.metrics)}
    assembly, sums = scorer(net, plan)
    if sums:
        settings["sums"] = sums
    return _finish(assembly, net, "score", "std", None, DEFAULTS, settings=settings)


def _compile_step(
    kind: Kind,
    assemble: Callable[[Net, TrainPlan, StepPlan, Precision], Assembly],
    net: Net,
    plan: TrainPlan | None,
    step: str | None = None,
    batch: int | None = None,
    target: str = "std",
    options: Options = DEFAULTS,
) -> Artifact:
    plan = _plan_of(net, plan)
    check_decided(plan)
    chosen = plan.step(step)
    settings = {**to_json(plan), "precision": options.precision, "memory": options.memory}
    if chosen.name is not None:
        settings["step"] = chosen.name
    return _finish(assemble(net, plan, chosen, options.precision), net, kind, target, batch, options, settings=settings)


def _plan_of(net: Net, plan: TrainPlan | None) -> TrainPlan:
    return net.plan() if plan is None else adopted(plan, net.graph, net.plans)


def opset_of(target: str, precision: Precision = "float32") -> int:
    """The version of ONNX's operators that a training step for a target is written in."""
    from netc.compiler.emit.model_proto import BFLOAT16_OPSET
    from netc.compiler.ops.onnx_schema import OPSET

    return BFLOAT16_OPSET if precision == "bfloat16" else targets.TARGETS[target].opset or OPSET


def source_hash(net: Net) -> str:
    """SHA-256 of the net's file, followed by every file that it uses in order of name."""
    digest = sha256(net.source.encode())
    for name in sorted(net.sources):
        if name != net.file:
            digest.update(net.sources[name].encode())
    return digest.hexdigest()


def _finish(
    a: Assembly,
    net: Net,
    kind: Kind,
    target: str,
    batch: int | None,
    options: Options,
    *,
    weights: Weights | None = None,
    settings: dict[str, Any] | None = None,
    external: ExternalData | None = None,
) -> Artifact:
    """Through the pipeline, and written."""
    from netc.compiler.emit import write

    large = None if batch is None else too_many_rows(batch)
    if large is not None:
        raise DiagnosticError([large])
    check_demand(a.graph)
    graph = run(a.graph, Context(kind, target, options, batch))
    inputs, outputs = a.ports(graph)
    replaced = {port["name"]: port["of"] for port in outputs if port["role"] == "state"}
    in_place = written_in_place(graph, replaced)
    outputs = [{**port, "in_place": True} if port["name"] in in_place else port for port in outputs]
    if weights is not None:
        inputs = [port for port in inputs if port["name"] not in weights]
    manifest: Manifest = {
        "version": MANIFEST_VERSION,
        "kind": kind,
        "net": net.name,
        "target": target,
        "inputs": inputs,
        "outputs": outputs,
        "source_sha256": source_hash(net),
    }
    if settings is not None:
        manifest["settings"] = settings
    if needs := _needs(a.network):
        manifest["needs"] = needs
    opset = targets.TARGETS[target].opset
    shown = kind == "infer"
    model, purposes = write(
        graph,
        weights=weights,
        doc=net.label or "",
        notes=a.notes,
        manifest=manifest,
        shapes=shown,
        opset=opset,
        external=external,
    )
    return Artifact.made(model.SerializeToString(deterministic=True), manifest, purposes)


def _needs(network: Graph) -> list[Need]:
    """What layers need of open sizes and symbols' bounds don't say."""
    found = needs_of(network)
    return [{"at": node.origin.scope, "size": str(size)} for node, size in found if not surely_less(-1, size)]


def _drop_unused(a: Assembly, net: Net) -> None:
    """Leave out what only training reads. An input that nothing reads at all stays: the text declares it."""
    used = used_sources(a.graph)
    read_in_training = used_sources(net.graph)
    unused: set[Value] = {value for value in a.graph.parameters if value not in used}
    unused |= {value for value in a.graph.inputs if value not in used and value in read_in_training}
    a.drop_inputs(unused)


def _weights(a: Assembly, net: Net, weights: Weights | None, seed: int, weights_as: str) -> Weights | None:
    if weights_as == "inputs":
        return None
    from netc.compiler.weights.files import check_finite, fit

    parameters = {value.name: value for value in a.graph.parameters}
    if weights is None:
        from netc.compiler.weights.draw import initial_weights

        return fit(initial_weights(net, seed), parameters, net)
    fitted = fit(weights, parameters, net)
    check_finite(fitted, "the given weights")
    return fitted
