"""Drops nodes that no output needs."""

from __future__ import annotations

from netc.compiler.ir import Graph, Node, Value


def dead_code(graph: Graph) -> Graph:
    """The graph with only the nodes that an output depends on. Inputs and parameters stay."""
    needed: set[Value] = set(graph.outputs.values())
    kept: list[Node] = []
    for node in reversed(graph.nodes):
        if not needed.isdisjoint(node.outputs):
            needed.update(node.inputs)
            kept.append(node)
    return graph.with_nodes(kept[::-1])


def used_sources(graph: Graph) -> set[Value]:
    """The inputs and parameters that a node reads or that flow straight out."""
    return {value for node in graph.nodes for value in node.inputs} | set(graph.outputs.values())
