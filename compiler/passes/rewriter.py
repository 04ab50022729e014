"""How a pass replaces values without touching the graph it was given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netc.compiler.ir import Builder, Graph, Node, Origin, Value


class Rewriter:
    """Grows a new graph in the old one's order: for each old node, `keep` it or `replace` its outputs."""

    def __init__(self, graph: Graph) -> None:
        self._old = graph
        self._now: dict[Value, Value] = {}
        self._replaced = self._now.keys()
        self.graph = graph.with_nodes([])

    def now(self, value: Value) -> Value:
        """What stands for a value of the old graph in the new one."""
        return self._now.get(value, value)

    def inputs(self, node: Node) -> tuple[Value, ...]:
        """A node's inputs in the new graph."""
        now = self._now
        return tuple([now.get(value, value) for value in node.inputs])

    def replace(self, values: Sequence[Value], by: Sequence[Value]) -> None:
        """Let new values stand for old ones from here on."""
        self._now.update(zip(values, by, strict=True))

    def keep(self, node: Node, **changed: Any) -> Node:
        """Take a node over: itself where its inputs are, a copy where they, or some attributes, changed."""
        if changed or not self._replaced.isdisjoint(node.inputs):
            attributes = {**node.attributes, **changed} if changed else node.attributes
            copy = Node(node.op, self.inputs(node), attributes, origin=node.origin)
            copy.outputs = tuple([Value(v.name, v.dtype, v.shape, v.origin, copy) for v in node.outputs])
            self.replace(node.outputs, copy.outputs)
            node = copy
        self.graph.nodes.append(node)
        return node

    def builder(self, origin: Origin) -> Builder:
        """Adds nodes to the new graph that remember where the old one's came from."""
        return Builder(self.graph, origin)

    def finish(self) -> Graph:
        """The new graph, with the old one's outputs."""
        self.graph.outputs = {name: self.now(value) for name, value in self._old.outputs.items()}
        return self.graph
