"""What the nodes of a graph need of its open sizes: a window has to fit, a slice has to lie on its axis."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.ir import Dim, Graph, Node, Shape, Size
from netc.compiler.ops import get_op


def needs_of(graph: Graph) -> Iterator[tuple[Node, Size]]:
    """Open sizes that have to be 0 or more, each once, and the first nodes that need them."""
    seen: set[Size] = set()
    for node in graph.nodes:
        for inner in (node, *(inside for body in node.bodies.values() for inside in body.all_nodes())):
            made: Shape = tuple(size - 1 for value in inner.outputs for size in value.shape if isinstance(size, Dim))
            for size in (*made, *get_op(inner.op).needs(inner)):
                if isinstance(size, Dim) and size not in seen:
                    seen.add(size)
                    yield node, size
