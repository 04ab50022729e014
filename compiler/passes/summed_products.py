"""Sums that a Scan carries of a product in each run: one product over all runs, of what they multiplied.

So is the gradient of a weight in a recurrent network made: thin products, each added to a whole matrix, become one.
"""

from __future__ import annotations

from dataclasses import dataclass

from netc.compiler.ir import Builder, Graph, Node, Tensor, Value, product
from netc.compiler.ops.scan import parts_of
from netc.compiler.passes.bodies import copied, holds_graphs, source_like
from netc.compiler.passes.dead_code import dead_code
from netc.compiler.passes.rewriter import Rewriter


@dataclass(frozen=True)
class _Sum:
    """A state that grows by a' b in each run, or where a is None by the sum of b along axes."""

    state: int
    a: Value | None
    b: Value
    axes: tuple[int, ...] = ()

    @property
    def factors(self) -> tuple[Value, ...]:
        """What each run must give."""
        return (self.b,) if self.a is None else (self.a, self.b)


def summed_products(graph: Graph) -> Graph:
    """The graph in which such states are gone. Plain sums go where what they add up stands in a result in any case."""
    if not holds_graphs(graph):
        return graph
    rewriter = Rewriter(graph)
    for node in graph.nodes:
        found = _sums(node) if node.op == "Scan" else []
        if found:
            _write(rewriter, node, found)
        else:
            rewriter.keep(node)
    return rewriter.finish()


def _sums(scan: Node) -> list[_Sum]:
    body: Graph = scan.attributes["body"]
    states, elements, _ = parts_of(scan)
    outputs = list(body.outputs.values())
    readers = body.consumers()
    given = set(body.inputs[len(states) + len(elements) :])
    found = []
    for at, (before, after) in enumerate(zip(body.inputs[: len(states)], outputs, strict=False)):
        alone = before not in outputs and outputs.count(after) == 1 and not readers.get(after)
        if after.node is None or after.node.op != "Add" or not alone or readers.get(before) != [after.node]:
            continue
        terms = [value for value in after.node.inputs if value is not before]
        one = _term(at, terms[0]) if len(terms) == 1 and terms[0].shape == after.shape else None
        if one is not None and given.isdisjoint(one.factors):
            found.append(one)
    there = {*outputs[len(states) :], *body.inputs[len(states) : len(states) + len(elements)]}
    there.update(value for one in found if one.a is not None for value in one.factors)
    return [one for one in found if one.a is not None or one.b in there]


def _term(state: int, value: Value) -> _Sum | None:
    """What a state grows by, if it is a product of two matrices, or a sum."""
    node = value.node
    if node is None:
        return None
    if node.op == "ReduceSum" and not node.attributes["keepdims"]:
        return _Sum(state, None, node.inputs[0], node.attributes["axes"])
    if node.op != "MatMul" or any(factor.rank != 2 for factor in node.inputs):
        return None
    turned, b = node.inputs
    transpose = turned.node
    if transpose is None or transpose.op != "Transpose":
        return None
    return _Sum(state, transpose.inputs[0], b)


def _write(rewriter: Rewriter, scan: Node, sums: list[_Sum]) -> None:
    body: Graph = scan.attributes["body"]
    states, elements, captured = parts_of(scan)
    gone = {one.state for one in sums}
    staying = [at for at in range(len(states)) if at not in gone]
    names = list(body.outputs.items())
    first, second = len(states), len(states) + len(elements)
    results = names[first:]
    stacked = {inner: rewriter.now(outer) for inner, outer in zip(body.inputs[first:second], elements, strict=True)}
    known = {value for _, value in results}
    new = dict.fromkeys(v for one in sums for v in one.factors if v not in known and v not in stacked)
    ends = [names[at] for at in staying] + results + [(f"factor.{i}", value) for i, value in enumerate(new)]
    lean = dead_code(Graph("", nodes=body.nodes, outputs=dict(ends))).nodes
    inputs = [*(body.inputs[at] for at in staying), *body.inputs[first:]]
    now = {value: source_like(value) for value in inputs}
    nodes = copied(lean, now)
    narrow = Graph(body.name, [now[value] for value in inputs], [], nodes, made=body.made)
    narrow.outputs = {name: now[value] for name, value in ends}
    g = rewriter.builder(scan.origin)
    made = g.add(
        "Scan",
        [rewriter.now(value) for value in (*(states[at] for at in staying), *elements, *captured)],
        {**scan.attributes, "body": narrow, "carried": len(staying)},
    )
    rewriter.replace([scan.outputs[at] for at in staying], made[: len(staying)])
    rewriter.replace(scan.outputs[first:], made[len(staying) : len(staying) + len(results)])
    for (_, value), result in zip(ends[len(staying) :], made[len(staying) :], strict=True):
        stacked.setdefault(value, result)
    for one in sums:
        total = _total(g, one, stacked)
        start = rewriter.now(states[one.state])
        rewriter.replace((scan.outputs[one.state],), (total if _is_zero(start) else g.Add(start, total),))


def _total(g: Builder, one: _Sum, stacked: dict[Value, Value]) -> Value:
    """The sum over all runs."""
    b = stacked[one.b]
    if one.a is None:
        return g.ReduceSum(b, axes=(0, *(axis + 1 for axis in one.axes)))
    a = stacked[one.a]
    long_a, long_b = (g.Reshape(x, shape=(product(x.shape[:2]), x.shape[2])) for x in (a, b))
    return g.MatMul(g.Transpose(long_a, axes=(1, 0)), long_b)


def _is_zero(value: Value) -> bool:
    """Whether a tensor is made of one number, zero."""
    node = value.node
    if node is None or node.op != "Expand" or node.inputs[0].node is None or node.inputs[0].node.op != "Constant":
        return False
    literal = node.inputs[0].node.attributes["value"]
    return isinstance(literal, Tensor) and all(number == 0 for number in literal.values)
