"""What is the same in every run of a Scan's body is computed once, in front of it."""

from __future__ import annotations

from netc.compiler.ir import Graph, Node, Value
from netc.compiler.ops.scan import parts_of
from netc.compiler.passes.bodies import copied, holds_graphs, source_like
from netc.compiler.passes.rewriter import Rewriter


def invariants(graph: Graph) -> Graph:
    """The graph with every node of a Scan's body in front of the Scan that depends on what is captured alone.

    Literals stay: they cost nothing in a body, and what is there can be folded.
    """
    if not holds_graphs(graph):
        return graph
    rewriter = Rewriter(graph)
    for node in graph.nodes:
        moving = _invariant(node) if node.op == "Scan" else []
        if moving:
            _move(rewriter, node, moving)
        else:
            rewriter.keep(node)
    return rewriter.finish()


def _invariant(scan: Node) -> list[Node]:
    """The nodes of a body that are the same in every run, in order."""
    body: Graph = scan.attributes["body"]
    same = set(body.inputs[len(body.inputs) - len(parts_of(scan)[2]) :])
    found = []
    for node in body.nodes:
        if same.issuperset(node.inputs):
            same.update(node.outputs)
            if node.op != "Constant":
                found.append(node)
    return found


def _move(rewriter: Rewriter, scan: Node, moving: list[Node]) -> None:
    body: Graph = scan.attributes["body"]
    states, elements, captured = parts_of(scan)
    own = len(states) + len(elements)
    outside = dict(zip(body.inputs[own:], map(rewriter.now, captured), strict=True))
    for node in moving:
        g = rewriter.builder(node.origin)
        for value in node.inputs:
            if value not in outside:
                assert value.node is not None, "only literals stay"
                outside[value] = g.Constant(**value.node.attributes)
        outside.update(
            zip(node.outputs, g.add(node.op, [outside[v] for v in node.inputs], node.attributes), strict=True)
        )
    gone = set(moving)
    staying = [node for node in body.nodes if node not in gone]
    read = {value for node in staying for value in node.inputs} | set(body.outputs.values())
    held = [value for value in outside if value in read and not _is_literal(value)]
    now = {value: source_like(value) for value in (*body.inputs[:own], *held)}
    nodes = copied(staying, now)
    lean = Graph(
        body.name,
        [now[value] for value in (*body.inputs[:own], *held)],
        [],
        nodes,
        {name: now[value] for name, value in body.outputs.items()},
        body.made,
    )
    inputs = (*map(rewriter.now, (*states, *elements)), *(outside[value] for value in held))
    made = rewriter.builder(scan.origin).add("Scan", inputs, {**scan.attributes, "body": lean})
    rewriter.replace(scan.outputs, made)


def _is_literal(value: Value) -> bool:
    return value.node is not None and value.node.op == "Constant"
