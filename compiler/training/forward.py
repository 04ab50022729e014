"""The forward pass of a plan: inside a training step, and as a graph of its own."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from netc.compiler.ir import Graph, Node, Value
from netc.compiler.ir.dims import symbols
from netc.compiler.net import Net
from netc.compiler.passes import everywhere, pool_before_relu, training_mode
from netc.compiler.passes.dead_code import dead_code, used_sources
from netc.compiler.passes.fix_sizes import fix_sizes
from netc.compiler.pipeline.observers import seen
from netc.compiler.plan.moving import frozen
from netc.compiler.plan.terms import Term, values_of
from netc.compiler.plan.train_plan import TrainPlan
from netc.compiler.training.assembly import Assembly
from netc.compiler.training.scan_gradient import saved_for_gradient


@dataclass(frozen=True)
class Forward:
    """The network in training form: what the values that terms read became, and the new running statistics."""

    values: dict[Value, Value]
    statistics: dict[Value, Value]


def forward_pass(
    a: Assembly,
    net: Net,
    terms: Sequence[Term],
    seed: Value,
    step: Value,
    wrt: Collection[Value],
    frozen: Collection[Value] = (),
    also: Collection[Value] = (),
) -> Forward:
    """The network in training form. Layers that no term needs are dead code; their statistics don't move.

    wrt     what gradients are wanted for
    frozen  parameters and buffers that stay: batch norm above frozen statistics is that of inference
    also    values that are told besides those which terms read
    """
    wanted: list[Value] = list(dict.fromkeys(value for term in terms for value in values_of(term)))
    graph = net.graph.copy()
    graph.inputs, graph.parameters = a.graph.inputs, a.graph.parameters
    graph.outputs = {str(number): value for number, value in enumerate(wanted)}
    needed = used_sources(dead_code(graph))
    wanted = list(dict.fromkeys([*wanted, *also]))
    graph.outputs = {str(number): value for number, value in enumerate(wanted)}
    a.network = dead_code(graph)
    pooled = seen("pool_before_relu", graph, everywhere(graph, pool_before_relu))
    training, statistics = training_mode(pooled, seed, step, frozen)
    moving = {old: new for old, new in statistics.items() if old in needed}
    training.outputs |= {f"{old.name}.next": new for old, new in moving.items()}
    seen("training_mode", pooled, training)
    graph = seen("saved_for_gradient", training, saved_for_gradient(training, wrt))
    a.graph.nodes.extend(graph.nodes)
    a.graph.made = graph.made
    values = list(graph.outputs.values())
    return Forward(dict(zip(wanted, values, strict=False)), dict(zip(moving, values[len(wanted) :], strict=True)))


def by_batch_statistics(net: Net, plan: TrainPlan) -> bool:
    """Whether a training by the plan normalizes by the mean and variance of each batch."""
    fixed = frozen(net.parameters, plan)
    return _by_batch_statistics(net.graph, set(fixed))


def _by_batch_statistics(graph: Graph, fixed: set[Value]) -> bool:
    for node in graph.nodes:
        if node.op == "BatchNormalization" and fixed.isdisjoint(node.inputs[3:]):
            return True
        for body in node.bodies.values():
            inside = {inner for inner, outer in zip(body.inputs, node.inputs, strict=True) if outer in fixed}
            if _by_batch_statistics(body, inside):
                return True
    return False


def training_only(net: Net) -> set[Value]:
    """Values that exist only in training: made inside `train only`, or from such a value."""
    nodes = {node for instance in net.layers if instance.training_only for node in instance.nodes}
    found: set[Value] = set()
    for node in net.graph.nodes:
        if any(inner in nodes for inner in (node, *_within(node))) or any(value in found for value in node.inputs):
            found.update(node.outputs)
    return found


def _within(node: Node) -> Iterator[Node]:
    for body in node.bodies.values():
        yield from body.all_nodes()


def forward_graph(net: Net, plan: TrainPlan, shapes: Mapping[str, Sequence[int]]) -> Graph:
    """From the net's inputs to what the plan's losses read, neutral to mode, to be run by other means than ONNX.

    Outputs "0.0", "0.1", "1.0", … are what stands in the places of each loss, where that is a value of the net.

    shapes  {input: its whole shape}, from which the batch and other symbolic sizes are taken: no size stays open
    """
    sizes = {}
    for value in net.inputs:
        for size, given in zip(value.shape, shapes[value.name], strict=True):
            if not isinstance(size, int) and len(found := symbols(size)) == 1 and str(size).isidentifier():
                sizes[found.pop()] = given
    graph = net.graph.copy()
    graph.outputs = {
        f"{number}.{place}": given
        for number, term in enumerate(plan.losses)
        for place, given in enumerate(term.given)
        if isinstance(given, Value)
    }
    return everywhere(dead_code(graph), lambda one: fix_sizes(one, sizes))
