"""How a pass reaches the graphs that nodes hold: the pipeline applies every one so, and no pass thinks of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from netc.compiler.ir import Graph, Node, Value
from netc.compiler.passes.rewriter import Rewriter

Rewrite = Callable[[Graph], Graph]


def everywhere(graph: Graph, rewrite: Rewrite) -> Graph:
    """`rewrite` of every graph that a node holds, the innermost first, and then of the graph itself.

    A body is closed and keeps its inputs and its outputs' types, so that what holds for a graph holds for it.
    """
    return rewrite(in_bodies(graph, lambda body: everywhere(body, rewrite)))


def in_bodies(graph: Graph, rewrite: Rewrite) -> Graph:
    """The graph with `rewrite` of the graphs that its own nodes hold."""
    if not holds_graphs(graph):
        return graph
    rewriter = Rewriter(graph)
    for node in graph.nodes:
        rewriter.keep(node, **{name: rewrite(body) for name, body in node.bodies.items()})
    return rewriter.finish()


def holds_graphs(graph: Graph) -> bool:
    """Whether a node of it holds another graph, which is up to its operator: one of each is asked."""
    return any(node.bodies for node in {node.op: node for node in graph.nodes}.values())


def copied(nodes: Iterable[Node], now: dict[Value, Value]) -> list[Node]:
    """Copies of nodes for another graph, under the same names.

    now  what stands there for the values that they read from elsewhere; it learns what stands for their results
    """
    made = []
    for node in nodes:
        copy = Node(node.op, tuple(now.get(v, v) for v in node.inputs), node.attributes, origin=node.origin)
        copy.outputs = tuple(Value(v.name, v.dtype, v.shape, v.origin, copy) for v in node.outputs)
        now.update(zip(node.outputs, copy.outputs, strict=True))
        made.append(copy)
    return made


def source_like(value: Value) -> Value:
    """What an input of another graph is that stands for a value of this one."""
    return Value(value.name, value.dtype, value.shape, value.origin)
