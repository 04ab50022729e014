"""The gradient of a Scan: what one run of it does, and what the forward runs save for it.

The backward body is made by the walk that makes every other gradient (`gradient.py`), from one slope for each output of
the body. What it reads of the forward body is stacked by the forward Scan, as results that the gradient alone reads;
elements and captured values are there in any case, and literals are copied.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from netc.compiler.ir import Builder, Graph, Node, Origin, Value
from netc.compiler.ops import get_op
from netc.compiler.ops.scan import is_real, parts_of
from netc.compiler.passes.bodies import copied, everywhere, source_like
from netc.compiler.passes.invariants import invariants
from netc.compiler.passes.narrow_scans import narrow_scans
from netc.compiler.passes.rewriter import Rewriter
from netc.compiler.training.gradient import Walk, depending_on, needed


def saved_for_gradient(graph: Graph, wrt: Iterable[Value]) -> Graph:
    """The graph in which every Scan that a gradient for `wrt` flows through saves what that reads."""
    written = _written_out(graph, depending_on(wrt, graph.nodes))
    if not any(node.op == "Scan" for node in written.nodes):
        return graph
    lean = everywhere(everywhere(written, narrow_scans), invariants)
    return _saving(lean, depending_on(wrt, lean.nodes))


def saved_behind(graph: Graph, first: int, value: Value) -> Value:
    """`value`, made by the graph's nodes from number `first` on, once their Scans save what a gradient for it reads."""
    nodes = graph.nodes[first:]
    if not any(node.op == "Scan" for node in nodes):
        return value
    made = {output for node in nodes for output in node.outputs}
    given = {source for node in nodes for source in node.inputs if source not in made and is_real(source)}
    found = saved_for_gradient(Graph(graph.name, nodes=nodes, outputs={"value": value}, made=graph.made), given)
    graph.nodes[first:], graph.made = found.nodes, found.made
    return found.outputs["value"]


def _written_out(graph: Graph, wanted: set[Value]) -> Graph:
    """The graph with a Scan for each operator that has its gradient in that form alone."""
    rewriter = Rewriter(graph)
    for node in graph.nodes:
        as_scan = get_op(node.op).as_scan
        if as_scan is not None and not wanted.isdisjoint(node.inputs):
            rewriter.replace(node.outputs, as_scan(rewriter.builder(node.origin), node, rewriter.inputs(node)))
        else:
            bodies = {name: _written_out(body, _flowing(body)) for name, body in node.bodies.items()}
            rewriter.keep(node, **bodies)
    return rewriter.finish()


def _flowing(body: Graph) -> set[Value]:
    """The values of a body that a gradient flows through, as far as it is for itself."""
    return depending_on(filter(is_real, body.inputs), body.nodes)


def _saving(graph: Graph, wanted: set[Value]) -> Graph:
    rewriter = Rewriter(graph)
    for node in graph.nodes:
        if node.op == "Scan" and not wanted.isdisjoint(node.inputs):
            attributes = _with_gradient(node)
            made = rewriter.builder(node.origin).add("Scan", rewriter.inputs(node), {**node.attributes, **attributes})
            rewriter.replace(node.outputs, made[: len(node.outputs)])
        else:
            rewriter.keep(node)
    return rewriter.finish()


def _with_gradient(scan: Node) -> dict[str, Graph | int]:
    """What a Scan's attributes become."""
    states, elements, _ = parts_of(scan)
    body: Graph = scan.attributes["body"]
    body = _saving(body, _flowing(body))
    first, second = len(states), len(states) + len(elements)
    inner_states, inner_elements, inner_captured = body.inputs[:first], body.inputs[first:second], body.inputs[second:]
    outputs = list(body.outputs.values())
    work = Graph(f"{body.name}_gradient", nodes=list(body.nodes), made=body.made)
    walk = Walk(Builder(work), _flowing(body))
    slopes = [_like(value, "slope", i) if is_real(value) else None for i, value in enumerate(outputs)]
    for value, slope in zip(outputs, slopes, strict=True):
        if slope is not None and value in walk.wanted:
            walk.receive(value, slope)
    for node in reversed(body.nodes):
        if not walk.wanted.isdisjoint(node.outputs):
            walk.backward(node)
    walk.g.origin = Origin(scan.origin.scope, scan.origin.span)
    sums = {value: _like(value, "sum", i) for i, value in enumerate(inner_captured) if is_real(value)}
    ends = [_total(walk, value) for value in inner_states if is_real(value)]
    for value, so_far in sums.items():
        part = walk.total(value)
        ends.append(so_far if part is None else walk.g.Add(so_far, part))
    ends += [_total(walk, value) for value in inner_elements if is_real(value)]
    nodes = needed(work.nodes[len(body.nodes) :], ends)
    given = [slope for slope in slopes if slope is not None]
    count = sum(map(is_real, outputs[:first]))
    saved, literals = _cut(nodes, ends, {*given, *sums.values()}, (*inner_elements, *inner_captured))
    inputs = [*given[:count], *sums.values(), *inner_elements, *saved, *given[count:], *inner_captured]
    return {
        "body": _saving_too(body, saved),
        "saved": len(saved),
        "backward": _closed(work, inputs, [*literals, *nodes], ends),
    }


def _like(value: Value, what: str, number: int) -> Value:
    return Value(f"{what}.{number}", value.dtype, value.shape, value.origin)


def _total(walk: Walk, value: Value) -> Value:
    found = walk.total(value)
    if found is not None:
        return found
    zero = walk.g.constant(0.0)
    return walk.g.Expand(zero, shape=value.shape) if value.shape else zero


def _cut(
    nodes: Sequence[Node], ends: Sequence[Value], given: set[Value], repeated: Sequence[Value]
) -> tuple[list[Value], list[Node]]:
    """The values of the forward body that must be saved for these nodes, and the literals that they read."""
    own = {value for node in nodes for value in node.outputs} | given | set(repeated)
    read = dict.fromkeys(value for node in nodes for value in node.inputs if value not in own)
    read.update(dict.fromkeys(value for value in ends if value not in own))
    literals = [value.node for value in read if value.node is not None and value.node.op == "Constant"]
    return [value for value in read if value.node is None or value.node.op != "Constant"], literals


def _saving_too(body: Graph, saved: Sequence[Value]) -> Graph:
    outputs = body.outputs | {f"saved.{number}": value for number, value in enumerate(saved)}
    return Graph(body.name, body.inputs, [], body.nodes, outputs, body.made)


def _closed(work: Graph, inputs: Sequence[Value], nodes: Sequence[Node], ends: Sequence[Value]) -> Graph:
    now = {value: source_like(value) for value in inputs}
    own = copied(nodes, now)
    outputs = {f"slope.{number}": now[value] for number, value in enumerate(ends)}
    return Graph(work.name, [now[value] for value in inputs], [], own, outputs, work.made)
