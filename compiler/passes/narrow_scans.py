"""Scans without what nobody reads: results, states, sequences and captured values, and what is there twice."""

from __future__ import annotations

from collections.abc import Iterable

from netc.compiler.ir import Graph, Node, Value
from netc.compiler.ops.scan import parts_of
from netc.compiler.passes.bodies import copied, holds_graphs, source_like
from netc.compiler.passes.dead_code import dead_code
from netc.compiler.passes.rewriter import Rewriter


def narrow_scans(graph: Graph) -> Graph:
    """The graph with every Scan as narrow as its readers let it be.

    A state goes where neither its last value nor a result that is read depends on it. One that stays as it is becomes a
    captured value; a result that is an element stands in its sequence already. What a Scan knows of its gradient goes:
    this is for graphs without gradients, or in which they are made.
    """
    if not holds_graphs(graph):
        return graph
    read = {value for node in graph.nodes for value in node.inputs} | set(graph.outputs.values())
    rewriter = Rewriter(graph)
    for node in graph.nodes:
        if node.op == "Scan" and not read.isdisjoint(node.outputs):
            _narrow(rewriter, node, read)
        else:
            rewriter.keep(node)
    return rewriter.finish()


class _Parts:
    """A Scan's parts side by side: what stands outside and inside for each state, sequence, captured value, result."""

    def __init__(self, node: Node) -> None:
        body: Graph = node.attributes["body"]
        states, elements, captured = parts_of(node)
        inner = list(body.inputs)
        outputs = list(body.outputs.values())
        first = len(states)
        self.body = body
        self.states = list(zip(states, inner, outputs, node.outputs, strict=False))
        self.names = dict(zip(node.outputs, body.outputs, strict=True))
        self.elements = list(zip(elements, inner[first:], strict=False))
        self.captured = list(zip(captured, inner[first + len(elements) :], strict=True))
        self.results = list(zip(outputs[first:], node.outputs[first:], strict=True))


def _narrow(rewriter: Rewriter, node: Node, read: set[Value]) -> None:
    parts = _Parts(node)
    now: dict[Value, Value] = {}
    captured: dict[Value, Value] = {}
    for outer, inner in parts.captured:
        now[inner] = captured.setdefault(rewriter.now(outer), source_like(inner))
    for outer, inner, after, last in parts.states:
        if after is inner:
            now[inner] = captured.setdefault(rewriter.now(outer), source_like(inner))
            rewriter.replace((last,), (rewriter.now(outer),))
    elements: dict[Value, Value] = {}
    for outer, inner in parts.elements:
        now[inner] = elements.setdefault(rewriter.now(outer), source_like(inner))
        for value, result in parts.results:
            if value is inner:
                rewriter.replace((result,), (rewriter.now(outer),))
    results: dict[Value, list[Value]] = {}
    for value, result in parts.results:
        if result in read and rewriter.now(result) is result:
            results.setdefault(value, []).append(result)
    moving = [state for state in parts.states if state[2] is not state[1]]
    wanted = {last for *_, last in moving if last in read}
    moving = [
        state for state, needed in zip(moving, _needed(parts.body, moving, wanted, results), strict=True) if needed
    ]
    if not moving and not results:
        return
    for _, inner, *_ in moving:
        now[inner] = source_like(inner)
    _write(rewriter, node, parts, now, moving, elements, captured, results)


def _needed(
    body: Graph, states: list[tuple[Value, Value, Value, Value]], wanted: set[Value], results: Iterable[Value]
) -> list[bool]:
    """Which states are wanted, or lead to another state or result that is."""
    needed = [last in wanted for *_, last in states]
    while True:
        ends = [*results, *(after for (_, _, after, _), one in zip(states, needed, strict=True) if one)]
        reached = _reached(body, ends)
        now = [one or inner in reached for (_, inner, *_), one in zip(states, needed, strict=True)]
        if now == needed:
            return needed
        needed = now


def _reached(body: Graph, ends: Iterable[Value]) -> set[Value]:
    """What values of a body depend on."""
    found = set(ends)
    for node in reversed(body.nodes):
        if not found.isdisjoint(node.outputs):
            found.update(node.inputs)
    return found


def _write(
    rewriter: Rewriter, node: Node, parts: _Parts, now: dict[Value, Value],
    states: list[tuple[Value, Value, Value, Value]], elements: dict[Value, Value], captured: dict[Value, Value],
    results: dict[Value, list[Value]],
) -> None:  # fmt: skip
    ends = [*(after for _, _, after, _ in states), *results]
    lean = dead_code(Graph("", nodes=parts.body.nodes, outputs={str(i): value for i, value in enumerate(ends)}))
    nodes = copied(lean.nodes, now)
    used = {value for one in nodes for value in one.inputs} | {now[value] for value in ends}
    kept = {outer: inner for outer, inner in elements.items() if inner in used} or dict(list(elements.items())[:1])
    held = {outer: inner for outer, inner in captured.items() if inner in used}
    names = [parts.names[last] for *_, last in states] + [parts.names[equal[0]] for equal in results.values()]
    body = Graph(
        parts.body.name,
        [*(now[inner] for _, inner, *_ in states), *kept.values(), *held.values()],
        [],
        nodes,
        {name: now[value] for name, value in zip(names, ends, strict=True)},
        parts.body.made,
    )
    starts = [rewriter.now(outer) for outer, *_ in states]
    made = rewriter.builder(node.origin).add(
        "Scan", (*starts, *kept, *held),
        {"body": body, "carried": len(states), "sequences": len(kept), "reverse": node.attributes["reverse"]},
    )  # fmt: skip
    rewriter.replace([last for *_, last in states], made[: len(states)])
    for equal, result in zip(results.values(), made[len(states) :], strict=True):
        rewriter.replace(equal, [result] * len(equal))
