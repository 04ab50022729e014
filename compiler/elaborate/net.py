"""One net from its syntax tree: inputs, statements, outputs, training plans, and what nothing reaches left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from netc.compiler.applications import Application, Kind, LayerInstance
from netc.compiler.elaborate import expects, inputs
from netc.compiler.elaborate.apply import bind_parameters
from netc.compiler.elaborate.frame import Elaboration, Frame
from netc.compiler.elaborate.language import LANGUAGE
from netc.compiler.elaborate.layer_values import Bound
from netc.compiler.elaborate.module import Module
from netc.compiler.elaborate.open_sizes import narrow_open_sizes
from netc.compiler.elaborate.recorder import prune
from netc.compiler.elaborate.report import Report
from netc.compiler.elaborate.scope import Env, Scope
from netc.compiler.elaborate.train.augmentation import check_open_sizes, normalized
from netc.compiler.elaborate.train.section import elaborate_train
from netc.compiler.elaborate.values import POISON, Several, Tensor, as_given, named_values
from netc.compiler.ir import Graph, Node, Value
from netc.compiler.net import Net
from netc.compiler.plan.terms import values_of
from netc.compiler.plan.train_plan import TrainPlan
from netc.grammar import ast
from netc.grammar.diagnostics import did_you_mean


@dataclass(slots=True)
class Elaborated:
    """A net and the frame it was made in; `net` is None after a mistake."""

    net: Net | None
    frame: Frame


def elaborate(
    module: Module, definition: ast.Net, settings: Mapping[str, Any], trains: Sequence[ast.Train], report: Report,
    sources: dict[str, str],
) -> Elaborated:  # fmt: skip
    """Elaborate a net with some of its arguments given, and the train sections that belong to it."""
    errors, first = report.errors, len(report.found)
    run = Elaboration(report, Graph(definition.name), LANGUAGE, mistakes=report.mistakes)
    scope = Scope()
    frame = Frame(run, module, Env(None, scope=scope), scope, outputs={}, started=True)
    run.stack.append(definition)
    if not _bind_settings(frame, definition, settings):
        return Elaborated(None, frame)
    declarations, rest = inputs.split_inputs(definition)
    made = normalized(frame, declarations, inputs.declare(frame, declarations), trains)
    frame.input = frame.flow = made[0] if len(made) == 1 else None
    if not declarations:
        if not any(isinstance(statement, ast.Input) for statement in rest):  # a later one is told where it stands
            frame.error("E216", f"the net `{definition.name}` has no input", definition.name_span,
                        help="declare one at its top: `input image: 1x28x28`")  # fmt: skip
        frame.input = frame.flow = POISON
    frame.run_body(replace(definition.body, statements=tuple(rest)))
    run.graph.outputs = _outputs(frame, definition)
    run.incomplete = report.mistakes > run.mistakes or run.poisoned
    planned = [(train, plan) for train in trains if (plan := _plan(frame, train)) is not None]
    plans = [plan for _, plan in planned]
    if report.mistakes > run.mistakes or run.poisoned:
        return Elaborated(None, frame)
    reached = _reach(run, plans)
    layers = [layer for layer in run.layers if _kept(layer, reached)]
    tree = _tree(frame, definition)
    prune(tree, layers, reached, run.recorder.idle)
    net = _assemble(frame, definition, _settings(frame, definition), layers, tree, plans, sources)
    net.expects = frozenset(run.expects)
    _prune(net, run, reached)
    narrow_open_sizes(frame, net.graph)
    for train, plan in planned:
        check_open_sizes(frame, train, plan)
    expects.check_net(frame, net)
    if definition.name not in module.untold:
        _warn_unreached(run, reached, report)
        _warn_unread(run, report)
    net.warnings = report.warnings(first)
    return Elaborated(net if report.errors == errors else None, frame)


def _plan(frame: Frame, train: ast.Train) -> TrainPlan | None:
    with frame.recording(Kind.TRAIN, "train", train.span, train.body.span):
        return elaborate_train(frame, train)


def _bind_settings(frame: Frame, definition: ast.Net, settings: Mapping[str, Any]) -> bool:
    known = [parameter.name for parameter in definition.parameters]
    for name in settings:
        if name not in known:
            takes = f"it takes {', '.join(known)}" if known else "it takes none"
            frame.error("E220", f"the net `{definition.name}` has no argument `{name}`", definition.name_span,
                        help=did_you_mean(name, known) or takes)  # fmt: skip
            return False
    return bind_parameters(frame, definition, Bound(settings), definition.name_span)


def _settings(frame: Frame, definition: ast.Net) -> dict[str, Any]:
    """The arguments of the net as plain data: a layer is its word."""
    return {parameter.name: _plain(frame.env.names[parameter.name].value) for parameter in definition.parameters}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return value if value is None or isinstance(value, (bool, int, float, str)) else getattr(value, "word", str(value))


def _tree(frame: Frame, definition: ast.Net) -> Application:
    """The net as an application of its own: with its defaults, what it applied, and its outputs."""
    arguments = {parameter.name: frame.env.names[parameter.name].value for parameter in definition.parameters}
    run, span = frame.run, definition.span
    outputs = tuple(run.graph.outputs.values())
    return Application(
        Kind.NET, definition.name, "", "", span, span, as_given(arguments), {}, outputs, run.recorder.applied
    )


def _outputs(frame: Frame, definition: ast.Net) -> dict[str, Value]:
    """The named outputs: what `output` said, else the value of the last statement."""
    if frame.outputs or not frame.started:
        return dict(frame.outputs or {})
    if frame.flow is None:
        frame.error("E218", f"the net `{definition.name}` has no output", definition.name_span,
                    help="end it with a flow, or say `output x`")  # fmt: skip
        return {}
    found: dict[str, Value] = {}
    for name, value in named_values(_default_name(frame, frame.flow), frame.flow):
        if value is not None:
            taken = any(value is given or name == given.name for given in frame.run.graph.inputs)
            found["output" if taken else name] = value
    return found


def _default_name(frame: Frame, value: Any) -> str:
    """The name of the last value: of its bind, else of its layer."""
    for name, ref in reversed(frame.env.names.items()):
        same = isinstance(value, Tensor) and isinstance(ref.value, Tensor) and ref.value.value is value.value
        if ref.value is value or same:
            return name
    if isinstance(value, Tensor):
        if value.scope is not None and value.scope.path:
            return value.scope.path
        maker = frame.run.producers.get(value.value)
        return maker.path if maker is not None else "output"
    return value.scope.path if isinstance(value, Several) and value.scope and value.scope.path else "output"


# ---------------------------------------------------------------- what is reached
def _reach(run: Elaboration, plans: Iterable[TrainPlan]) -> set[Value]:
    """Every value that an output, a loss, a metric or a training-only part depends on."""
    stack = list(run.graph.outputs.values())
    for plan in plans:
        stack += [value for term in plan.terms for value in values_of(term)]
    stack += [value for layer in run.layers if layer.training_only for value in layer.outputs]
    reached: set[Value] = set()
    while stack:
        value = stack.pop()
        if value in reached:
            continue
        reached.add(value)
        node = value.node
        if node is not None:
            stack += node.inputs
            for body in node.bodies.values() if run.inside else ():
                stack += body.outputs.values()
    return reached


def _kept(layer: LayerInstance, reached: set[Value]) -> bool:
    return not reached.isdisjoint(layer.outputs)


def _prune(net: Net, run: Elaboration, reached: set[Value]) -> None:
    graph = net.graph
    used = {id(parameter) for layer in net.layers for parameter in layer.parameters}
    net.parameters = [p for p in run.parameters.values() if id(p) in used or p.value in reached]
    graph.parameters = [parameter.value for parameter in net.parameters]
    graph.nodes = [node for node in graph.nodes if not reached.isdisjoint(node.outputs)]
    nodes: set[Node] = set(graph.all_nodes() if run.inside else graph.nodes)
    for layer in net.layers:
        layer.nodes = tuple(node for node in layer.nodes if node in nodes)
    net.values = {path: value for path, value in run.values.items() if value in reached}


def _assemble(
    frame: Frame, definition: ast.Net, settings: dict[str, Any], layers: list[LayerInstance], tree: Application,
    plans: list[TrainPlan], sources: dict[str, str],
) -> Net:  # fmt: skip
    module = frame.module
    return Net(
        definition.name, definition.label, settings, frame.run.graph, layers, tree, [], frame.run.values, plans, [],
        module.path, module.text, sources, definition.span,
    )  # fmt: skip


def _warn_unreached(run: Elaboration, reached: set[Value], report: Report) -> None:
    """Say where values are dropped: the last layers of every part that nothing reaches."""
    lost = [layer for layer in run.layers if not _kept(layer, reached) and id(layer) not in run.foreign]
    read = {value for layer in run.layers for value in layer.inputs}
    kept = [path for path, value in run.values.items() if value in reached]
    for layer in lost:
        if read.isdisjoint(layer.outputs):
            path, span = run.results.get(layer.outputs[0], (layer.path, layer.span))
            if any(other.startswith(f"{path}.") for other in kept):
                continue  # inner values of the block are read by dots, and its result is not what it is here for
            report.warning(
                "L006",
                f"nothing uses the value of `{path}`",
                span,
                "dropped here",
                help="use it in the flow, name it in `output`, or remove it",
            )
    for value in run.graph.inputs:
        if run.values.get(value.name) not in reached and value.origin.span is not None:
            report.warning("L006", f"nothing uses the input `{value.name}`", value.origin.span,
                           help="start a flow from it, or remove it")  # fmt: skip


def _warn_unread(run: Elaboration, report: Report) -> None:
    """Say which static binds nothing reads."""
    for target, module in run.statics:
        if not module.mentions(target.id):
            report.warning("L006", f"nothing uses `{target.id}`", target.span, help="use it, or remove it")
