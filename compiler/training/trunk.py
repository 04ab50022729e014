"""A net cut where its frozen part ends: what gives the same numbers for a row in every epoch, and the rest.

The first is run once for each row, and the second trains on what it gave. What the second computes is what the whole
net would have, so weights may go back and forth by their names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

from netc.compiler.ir import Graph, Node, Value
from netc.compiler.net import Net
from netc.compiler.passes.dead_code import dead_code, used_sources
from netc.compiler.passes.rewriter import Rewriter
from netc.compiler.passes.training_mode import changes, draws
from netc.compiler.plan.moving import frozen, matches
from netc.compiler.plan.terms import LossTerm, MetricTerm, Target, values_of
from netc.compiler.plan.train_plan import TrainPlan
from netc.compiler.training.forward import training_only
from netc.grammar.diagnostics import Diagnostic, DiagnosticError

Measuring = TypeVar("Measuring", LossTerm, MetricTerm)


@dataclass(frozen=True)
class Cut:
    """The two nets, and the plan of the second.

    trunk     from the inputs to the features, which are its outputs
    head      from the features, which are its inputs, to what losses and metrics read
    features  their names in both
    """

    trunk: Net
    head: Net
    plan: TrainPlan
    features: tuple[str, ...]


def cut(net: Net, plan: TrainPlan) -> Cut:
    """Cut a net where its frozen part ends; raises DiagnosticError E574 where that would change what is trained."""
    _check_plan(plan)
    wanted = list(dict.fromkeys(value for term in plan.terms for value in values_of(term)))
    graph = net.graph.copy()
    graph.outputs = {str(number): value for number, value in enumerate(wanted)}
    graph = dead_code(graph)
    fixed = frozen(net.parameters, plan)
    still = _still(graph, fixed)
    trunk = _of_data(graph, still)
    rest = [node for node in graph.nodes if node not in trunk]
    beside = {item.value for item in net.parameters if matches(item.name, dict(plan.adapt))}  # frozen in the head too
    _check_rest(graph, rest, fixed - beside, still)
    made = {value for node in trunk for value in node.outputs}
    read = {value for node in rest for value in node.inputs} | set(wanted)
    features = [value for node in graph.nodes for value in node.outputs if value in made and value in read]
    hidden = training_only(net)
    if not any(fixed & set(node.inputs) for node in trunk) or not hidden.isdisjoint(features):
        help = "freeze the front of the net: `--freeze PATTERN`, or `freeze` in the train section"
        raise _refused("no frozen layer stands at the front of the net", help)
    names = tuple(value.name for value in features)
    outputs = dict(zip(names, features, strict=True))
    front = replace(net, graph=replace(net.graph, nodes=list(net.graph.nodes), outputs=outputs), plans=[])
    head, plan = _head(net, plan, graph, rest, features)
    return Cut(front, head, plan, names)


def _check_plan(plan: TrainPlan) -> None:
    if plan.augmentation:
        words = ", ".join(one.word for one in plan.augmentation)
        raise _refused(f"augmentation ({words}) makes other images of a row in each epoch", "leave `augmentation` out")
    if plan.unfreeze:
        raise _refused("`unfreeze` lets frozen layers go later", "leave `unfreeze` out")
    if plan.follow:
        raise _refused("`follow` copies weights while training", "leave `follow` out")


def _still(graph: Graph, fixed: set[Value]) -> set[Value]:
    """What a row's numbers alone decide: inputs, what is frozen, and what is made of such without chance."""
    found = {*graph.inputs, *fixed}
    for node in graph.nodes:
        if not _by_chance(node) and all(value in found for value in node.inputs):
            found.update(node.outputs)
    return found


def _by_chance(node: Node) -> bool:
    """Whether an operator, or one inside it, gives other numbers each time; a dropout of nothing doesn't."""
    inside = any(changes(inner) for body in node.bodies.values() for inner in body.all_nodes())
    return inside or (draws(node) and node.attributes.get("rate") != 0)


def _of_data(graph: Graph, still: set[Value]) -> set[Node]:
    """The nodes that make such values of an input."""
    reached = set(graph.inputs)
    found = set()
    for node in graph.nodes:
        if not reached.isdisjoint(node.inputs):
            reached.update(node.outputs)
            if still.issuperset(node.outputs):
                found.add(node)
    return found


def _check_rest(graph: Graph, rest: list[Node], fixed: set[Value], still: set[Value]) -> None:
    """Refuse frozen layers that stand behind what changes: they would be computed again in each step."""
    for node in rest:
        frozen_here = [value for value in node.inputs if value in fixed]
        if frozen_here and any(value not in still for value in node.inputs):
            cause = _cause(node, still)
            name = frozen_here[0].name
            if _by_chance(cause):
                reason = f"`{cause.origin.scope}` draws anew in each step, and `{name}` behind it is frozen"
                raise _refused(reason, "leave it out, or put it behind the frozen part")
            reason = f"`{name}` is frozen, and `{cause.origin.scope}` in front of it is trained"
            raise _refused(reason, "freeze that too, or this not")


def _cause(node: Node, still: set[Value]) -> Node:
    """The first node in front of this one whose outputs change although what flows in doesn't."""
    while True:
        before = [value.node for value in node.inputs if value not in still and value.node is not None]
        if not before:
            return node
        node = before[0]


def _head(net: Net, plan: TrainPlan, graph: Graph, rest: list[Node], features: list[Value]) -> tuple[Net, TrainPlan]:
    """The net of these nodes, over features, and the plan with what it reads there."""
    inputs = [Value(value.name, value.dtype, value.shape, value.origin) for value in features]
    rewriter = Rewriter(graph)
    rewriter.replace(features, inputs)
    kept = {node: rewriter.keep(node) for node in rest}
    now, made = rewriter.now, rewriter.finish()
    used = used_sources(made)
    made.inputs = [*inputs, *(value for value in net.inputs if value in used)]
    parameters = [item for item in net.parameters if item.value in used]
    made.parameters = [item.value for item in parameters]
    made.outputs = {name: now(value) for name, value in net.outputs.items() if now(value) in used}
    known = {*used, *(value for node in kept.values() for value in node.outputs)}
    layers = [
        replace(
            layer,
            nodes=tuple(kept[node] for node in layer.nodes if node in kept),
            inputs=tuple(map(now, layer.inputs)),
            outputs=tuple(map(now, layer.outputs)),
        )
        for layer in net.layers
        if any(node in kept for node in layer.nodes)
    ]
    values = {path: now(value) for path, value in net.values.items() if now(value) in known}
    steps = tuple(replace(step, losses=tuple(_mapped(step.losses, now))) for step in plan.steps)
    plan = replace(plan, steps=steps, metrics=tuple(_mapped(plan.metrics, now)), freeze=(), init=())
    head = replace(net, graph=made, layers=layers, parameters=parameters, values=values, plans=[plan])
    return head, plan


def _mapped(terms: Iterable[Measuring], now: Callable[[Value], Value]) -> Iterator[Measuring]:
    """Terms that read what stands for their values."""

    def mapped(given: Target) -> Target:
        return now(given) if isinstance(given, Value) else given

    for term in terms:
        mask = None if term.mask is None else mapped(term.mask)
        yield replace(term, given=tuple(map(mapped, term.given)), mask=mask)


def _refused(reason: str, help: str) -> DiagnosticError:
    message = f"the features of the frozen part can't be kept: {reason}"
    return DiagnosticError(Diagnostic("E574", message, help=help))
