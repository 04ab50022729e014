"""The optimizer's part of a training step, parameter by parameter."""

from __future__ import annotations

from collections import defaultdict

from netc.compiler.ir import Graph, Node


def lanes(graph: Graph) -> list[list[Node]]:
    """The nodes of each parameter's update, in order; what all updates share, such as scalars, is in none.

    A node belongs to the update of its scope if it makes a tensor with axes that nobody reads but nodes of that update.
    What weights that follow others read is therefore in none, nor is what that was made of: a lane can be moved as a
    whole, behind everything that it reads.
    """
    readers = graph.consumers()
    members: set[Node] = set()
    for node in reversed(graph.nodes):
        origin = node.origin
        if origin.purpose != "optimizer" or origin.scope == "optimizer" or not all(v.shape for v in node.outputs):
            continue
        reading = [reader for value in node.outputs for reader in readers.get(value, [])]
        if all(reader in members and reader.origin == origin for reader in reading):
            members.add(node)
    found: dict[str, list[Node]] = defaultdict(list)
    for node in graph.nodes:
        if node in members:
            found[node.origin.scope].append(node)
    return list(found.values())
