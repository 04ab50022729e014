"""The optimizer's part of a training step, parameter by parameter."""

from __future__ import annotations

from collections import defaultdict

from netc.compiler.ir import Graph, Node


def lanes(graph: Graph) -> list[list[Node]]:
    """The nodes of each parameter's update, in order; what all updates share, such as scalars, is in none.

    A node belongs to the update of its scope if it makes a tensor with axes and its scope alone reads it.
    """
    readers = graph.consumers()
    found: dict[str, list[Node]] = defaultdict(list)
    for node in graph.nodes:
        origin = node.origin
        if origin.purpose != "optimizer" or origin.scope == "optimizer" or not all(v.shape for v in node.outputs):
            continue
        if all(reader.origin == origin for value in node.outputs for reader in readers.get(value, [])):
            found[origin.scope].append(node)
    return list(found.values())
