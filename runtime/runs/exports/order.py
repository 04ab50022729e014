"""The order that ONNX asks for: each node behind those whose values it reads."""

from __future__ import annotations

from collections.abc import Iterator
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto


def sort_nodes(graph: GraphProto) -> set[str]:
    """Sort the nodes topologically, in the graphs inside of them too; the names that are read, those of outside too.

    Raises CycleError, which is a ValueError, where there is no such order.
    """
    maker = {name: number for number, node in enumerate(graph.node) for name in node.output if name}
    read = [set(node.input).union(*map(sort_nodes, _graphs_inside(node))) for node in graph.node]
    needed = {number: {maker[name] for name in names if name in maker} for number, names in enumerate(read)}
    nodes = [graph.node[number] for number in TopologicalSorter(needed).static_order()]
    del graph.node[:]
    graph.node.extend(nodes)
    return set().union(*read)


def _graphs_inside(node: NodeProto) -> Iterator[GraphProto]:
    for attribute in node.attribute:
        if attribute.HasField("g"):
            yield attribute.g
        yield from attribute.graphs
