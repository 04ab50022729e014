"""LSTMs, GRUs and plain recurrent networks with their gradients: one operator each for all steps.

A Scan is one of them where its body is the step that `ops/recurrent.py` writes; the Scan that runs the graph which it
keeps as `backward` is its gradient, by definition. So this comes before any stage that writes scans anew, and where a
gradient stands elsewhere, as that of a scan inside a scan does, both stay scans.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from netc.compiler.ir import Builder, Graph, Node, Value, product
from netc.compiler.ops.linalg import swap
from netc.compiler.ops.recurrent import GRU, LSTM, RNN, Recurrent
from netc.compiler.ops.scan import parts_of
from netc.compiler.passes.bodies import holds_graphs
from netc.compiler.passes.dead_code import dead_code
from netc.compiler.passes.rewriter import Rewriter
from netc.compiler.targets.patterns import factors, is_same, made_by

KINDS: tuple[tuple[type[Recurrent], Mapping[str, Any], Mapping[str, Any]], ...] = (
    (LSTM, {}, {}),
    (GRU, {}, {}),
    (RNN, {"activation": "tanh"}, {"relu": False}),
    (RNN, {"activation": "relu"}, {"relu": True}),
)
"""Operators with their settings, and those of the library's for them."""


@dataclass(frozen=True)
class Unrolled:
    """A Scan that is a recurrent network.

    kind      which one
    settings  those of its operator, and of its gradient's
    """

    scan: Node
    kind: type[Recurrent]
    settings: Mapping[str, Any]

    @property
    def saved(self) -> tuple[Value, ...]:
        """What is there for the gradient alone."""
        return self.scan.outputs[len(self.scan.outputs) - self.scan.attributes["saved"] :]

    def is_gradient(self, node: Node) -> bool:
        """Whether a node is the gradient of it."""
        return node.op == "Scan" and node.attributes["body"] is self.scan.attributes["backward"]


def recurrences(graph: Graph) -> Graph:
    """Write recurrent networks whose gradient is in the same graph as one operator, and the gradient as another."""
    if not holds_graphs(graph):
        return graph
    readers = graph.consumers()
    outputs = set(graph.outputs.values())
    forward: dict[Node, Unrolled] = {}
    backward: dict[Node, Unrolled] = {}
    for node in graph.nodes:
        one = _unrolled(node)
        if one is None:
            continue
        reading = {reader for value in one.saved for reader in readers.get(value, [])}
        if reading and outputs.isdisjoint(one.saved) and all(map(one.is_gradient, reading)):
            forward[node] = one
            backward.update(dict.fromkeys(reading, one))
    if not forward:
        return graph
    return dead_code(_Writer(graph, forward, backward).run())


def _unrolled(node: Node) -> Unrolled | None:
    """What a Scan is, if its states become the next ones as in a recurrent network, and it gives nothing but these."""
    if node.op != "Scan" or node.attributes["backward"] is None or node.attributes["sequences"] != 1:
        return None
    body: Graph = node.attributes["body"]
    carried = node.attributes["carried"]
    ends = list(body.outputs.values())
    for kind, given, settings in KINDS:
        if carried != kind.states or len(body.inputs) != carried + 3:
            continue
        shape = body.inputs[0].shape
        if len(shape) != 2 or not isinstance(shape[1], int):
            continue
        step = kind.one_step(shape, given, body.name, node.origin)
        if [value.shape for value in body.inputs] != [value.shape for value in step.inputs]:
            continue
        standing = dict(zip(step.inputs, body.inputs, strict=True))
        wanted = list(step.outputs.values())[:carried]
        told = ends[carried : len(ends) - node.attributes["saved"]]
        if all(is_same(a, b, standing) for a, b in zip(ends, wanted, strict=False)) and told in ([], [ends[0]]):
            return Unrolled(node, kind, {"reverse": node.attributes["reverse"], **settings})
    return None


class _Writer(Rewriter):
    """The walk. `made` has what each operator gives its gradient, `totals` sums of slopes that a gradient gives."""

    def __init__(self, graph: Graph, forward: Mapping[Node, Unrolled], backward: Mapping[Node, Unrolled]) -> None:
        super().__init__(graph)
        self.nodes = list(graph.nodes)
        self.forward, self.backward = forward, backward
        self.made: dict[Node, tuple[Value, ...]] = {}
        self.totals: dict[Value, Value] = {}

    def run(self) -> Graph:
        """The graph with their operators."""
        for node in self.nodes:
            if node in self.forward:
                self.write(self.forward[node])
            elif node in self.backward:
                self.write_gradient(node, self.backward[node])
            elif _is_total(node) and node.inputs[0] in self.totals:
                self.replace(node.outputs, (self.totals[node.inputs[0]],))
            else:
                self.keep(node)
        return self.finish()

    def write(self, one: Unrolled) -> None:
        """The network itself."""
        g = self.builder(one.scan.origin)
        starts, (sequence,), (weights, bias) = parts_of(one.scan)
        given, added = self.without_bias(g, sequence, bias)
        both = (added, self.now(bias)) if one.kind is GRU else (g.Add(added, self.now(bias)),)
        inputs = (given, swap(g, self.now(weights)), *both, *map(self.short, starts))
        y, *rest = g.add(f"Fast{one.kind.__name__}", inputs, one.settings)
        states = rest[: one.kind.states]
        self.made[one.scan] = (y, *rest[one.kind.states :])
        told = len(one.scan.outputs) - len(states) - len(one.saved)
        self.replace(one.scan.outputs[: len(states) + told], (*states, *[y] * told))

    def write_gradient(self, node: Node, one: Unrolled) -> None:
        """Its gradient, with that of the weights as one product over all steps."""
        g = self.builder(node.origin)
        states = one.kind.states
        slopes, elements, _ = parts_of(node)
        starts, _, (weights, _) = parts_of(one.scan)
        of_y = elements[1 + len(one.saved) :]
        arriving = [*map(self.short, (*of_y, *slopes[:states]))]
        if not of_y:
            arriving.insert(0, g.constant(0.0))
        y, before, *saved = self.made[one.scan]
        kept = {LSTM: (*saved, *map(self.short, starts[1:])), GRU: (*saved, before), RNN: (y,)}[one.kind]
        given = (*arriving, swap(g, self.now(weights)), *kept)
        found = g.add(f"Fast{one.kind.__name__}Gradient", given, one.settings)
        dproduct, *sums = found[: len(found) - states]
        dstate, total, dbias = (sums[0], sums[1], sums[2]) if one.kind is GRU else (dproduct, sums[0], sums[0])
        rows, before_rows = (g.Reshape(x, shape=(product(x.shape[:2]), x.shape[2])) for x in (dstate, before))
        dweights = g.MatMul(g.Transpose(before_rows, axes=(1, 0)), rows)
        self.totals[node.outputs[-1]] = total
        self.replace(node.outputs, (*found[len(found) - states :], dweights, dbias, dproduct))

    def without_bias(self, g: Builder, sequence: Value, bias: Value) -> tuple[Value, Value]:
        """What the input gives before its bias is added, and the bias: a product of matrices is faster without."""
        for before, added in factors(sequence, "Add"):
            if added.shape == bias.shape and before.shape == sequence.shape:
                return self.now(before), self.now(added)
        return self.now(sequence), g.Expand(g.constant(0.0), shape=bias.shape)

    def short(self, value: Value) -> Value:
        """What a value became, or the one number that it is made of."""
        spread = made_by(value, "Expand")
        return self.now(spread.inputs[0] if spread is not None and _is_one_number(spread.inputs[0]) else value)


def _is_one_number(value: Value) -> bool:
    return all(size == 1 for size in value.shape)


def _is_total(node: Node) -> bool:
    """Whether a node sums up over steps and examples."""
    return node.op == "ReduceSum" and sorted(node.attributes["axes"]) == [0, 1] and not node.attributes["keepdims"]
