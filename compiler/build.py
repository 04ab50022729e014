"""From a Net to ONNX: the four kinds of model that leave the compiler."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal

from netc.compiler import targets
from netc.compiler.artifact import MANIFEST_VERSION, Artifact, Manifest
from netc.compiler.ir import BATCH_SYMBOL, DType, Graph, Value
from netc.compiler.net import Net, TrainPlan
from netc.compiler.options import DEFAULTS, Options
from netc.compiler.passes import (
    accumulated_products,
    early_updates,
    fix_sizes,
    inference_mode,
    recompute,
    simplify,
    stacked_updates,
    used_sources,
)
from netc.compiler.passes.mixed_precision import mixed_precision
from netc.compiler.targets.bfloat16_gaps import bfloat16_gaps
from netc.compiler.targets.precision import low_precision
from netc.compiler.training.assembly import Assembly
from netc.compiler.training.in_place import written_in_place
from netc.compiler.training.step import gradient_step, scorer, take_parameters, training_only, training_step

if TYPE_CHECKING:
    import numpy as np

    Weights = Mapping[str, np.ndarray[Any, Any]]

Kind = Literal["train", "infer", "gradient", "score"]


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
) -> Artifact:
    """The network for use: inputs and outputs as in the text, without what only training has.

    weights     by name; the initial ones of `seed` unless given
    taps        paths of inner values that become outputs too
    batch       fixes the batch size, which is open as `N` otherwise
    weights_as  "inputs" leaves the weights out of the model, for callers that keep them on a device
    Raises DiagnosticError: E280 for a tap that is no value of the network, E550 and E552 for weights that don't fit.
    """
    from netc.compiler.facts.taps import find_taps

    a = Assembly(net.name)
    for value in net.inputs:
        a.take(value, "data", f"input {value.name} of net {net.name}")
    take_parameters(a, net)
    hidden = training_only(net)
    for name, value in net.outputs.items():
        if value not in hidden:
            a.output(name, value, "output", f"output {name} of net {net.name}")
    for path, value in find_taps(net, taps).items():
        if path not in net.outputs:
            a.output(path, value, "output", f"inner value {path} of net {net.name}")
    graph = net.graph.copy()
    graph.inputs, graph.parameters, graph.outputs = a.graph.inputs, a.graph.parameters, a.graph.outputs
    graph = simplify(inference_mode(graph), options.without)
    _drop_unused(a, net, graph)
    graph.inputs, graph.parameters = list(a.graph.inputs), list(a.graph.parameters)
    a.graph = graph
    return _finish(a, net, "infer", target, batch, options, weights=_weights(a, net, weights, seed, weights_as))


def compile_training(
    net: Net,
    plan: TrainPlan | None = None,
    *,
    batch: int | None = None,
    target: str = "std",
    options: Options = DEFAULTS,
) -> Artifact:
    """One training step: batch, learning rate, seed, step, parameters and state in; loss, metrics, new ones out.

    `plan` is the net's first train section unless given; raises DiagnosticError E401 where there is none.
    """
    plan = plan or net.plan()
    settings = {**plan_settings(plan), "precision": options.precision, "memory": options.memory}
    step = training_step(net, plan, options.precision)
    return _finish(step, net, "train", target, batch, options, settings=settings)


def compile_gradients(
    net: Net,
    plan: TrainPlan | None = None,
    *,
    batch: int | None = None,
    target: str = "std",
    options: Options = DEFAULTS,
) -> Artifact:
    """The loss and `gradient.NAME` for every trainable parameter and float input, in training form, not clipped."""
    step = gradient_step(net, plan or net.plan(), options.precision)
    return _finish(step, net, "gradient", target, batch, options)


def compile_scorer(net: Net, plan: TrainPlan | None = None, *, batch: int | None = None) -> Artifact:
    """Loss and metrics from predictions (named by their paths) and targets, for evaluation."""
    return _finish(scorer(net, plan or net.plan()), net, "score", "std", batch, DEFAULTS)


def plan_settings(plan: TrainPlan) -> dict[str, Any]:
    """A plan as JSON: what the manifest of a training step tells about it."""

    def declared(item: Any) -> dict[str, Any]:
        return {"name": item.word, **{name: _plain(value) for name, value in item.settings().items()}}

    return {
        "label": plan.label,
        "loss": [
            {"name": t.name, "weight": t.weight, "target": t.target, "loss": declared(t.loss)} for t in plan.losses
        ],
        "optimizer": declared(plan.optimizer),
        "schedule": declared(plan.schedule),
        "metrics": [{"name": t.name, "target": t.target, "metric": declared(t.metric)} for t in plan.metrics],
        "batch": plan.batch,
        "epochs": plan.epochs,
        "clip_norm": plan.clip_norm,
        "augmentation": [declared(item) for item in plan.augmentation],
        "data": plan.data,
    }


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
) -> Artifact:
    """Fix sizes, shape for the target, simplify, write."""
    from netc.compiler.emit import emit

    graph = a.graph if batch is None else fix_sizes(a.graph, {BATCH_SYMBOL: batch})
    graph = _shaped(graph, kind, target, options)
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
    opset = targets.TARGETS[target].opset
    shown = kind == "infer"
    model = emit(
        graph, weights=weights, doc=net.label or "", notes=a.notes, manifest=manifest, shapes=shown, opset=opset
    )
    return Artifact(model.SerializeToString(deterministic=True), manifest, len(model.graph.node))


def _shaped(graph: Graph, kind: Kind, target: str, options: Options) -> Graph:
    """Simplified, written for the target, and simplified again; a training step with its updates in order."""
    graph = simplify(graph, options.without)
    low = low_precision(options.precision, target) if kind in ("train", "gradient") else None
    if low is not None:
        graph = simplify(mixed_precision(graph, low), options.without)
    if kind == "train" and options.wants(accumulated_products):
        graph = accumulated_products(graph)
    if kind == "train" and options.wants(stacked_updates):
        graph = stacked_updates(graph)
    graph = targets.legalise(graph, target, options.lowerings)
    if low == DType.BFLOAT16:
        graph = bfloat16_gaps(graph)
    graph = simplify(graph, options.without)
    if kind == "train" and options.memory == "low":
        graph = recompute(graph)
    return early_updates(graph) if kind == "train" and options.wants(early_updates) else graph


def _drop_unused(a: Assembly, net: Net, graph: Graph) -> None:
    """Leave out what only training reads. An input that nothing reads at all stays: the text declares it."""
    used = used_sources(graph)
    read_in_training = used_sources(net.graph)
    unused: set[Value] = {value for value in a.graph.parameters if value not in used}
    unused |= {value for value in a.graph.inputs if value not in used and value in read_in_training}
    a.drop_inputs(unused)


def _weights(a: Assembly, net: Net, weights: Weights | None, seed: int, weights_as: str) -> Weights | None:
    if weights_as == "inputs":
        return None
    if weights is None:
        from netc.compiler.weights.draw import initial_weights

        weights = initial_weights(net, seed)
    from netc.compiler.weights.files import fit

    return fit(weights, {value.name: value for value in a.graph.parameters}, net)


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)
