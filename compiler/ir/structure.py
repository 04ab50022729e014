"""What tells two things apart that a node may hold: equal here is indistinguishable in what is computed."""

from __future__ import annotations

from collections.abc import Hashable

from netc.compiler.ir.graph import Graph, Tensor, Value

_WHOLE = {int}


def exact(value: object) -> Hashable:
    """An attribute as a key: 0.0 and -0.0 differ, and so do 1, 1.0 and true; graphs differ by what they compute.

    Whole numbers are their own keys, and so are tuples of nothing else: all other keys are tuples that begin otherwise.
    """
    if type(value) is int:
        return value
    if isinstance(value, Tensor):
        return value.dtype, value.shape, repr(value.values)
    if isinstance(value, Graph):
        return structure(value)
    if isinstance(value, tuple):
        return value if _WHOLE.issuperset(map(type, value)) else tuple(map(exact, value))
    return type(value), repr(value) if isinstance(value, float) else value


def structure(graph: Graph) -> Hashable:
    """What a graph computes, in order, without the names and origins of anything in it."""
    number: dict[Value, int] = {}

    def numbered(values: tuple[Value, ...]) -> tuple[Hashable, ...]:
        return tuple((number.setdefault(value, len(number)), value.dtype, value.shape) for value in values)

    sources = numbered(tuple(graph.sources()))
    nodes = tuple(
        (
            node.op,
            tuple(number[value] for value in node.inputs),
            tuple((name, exact(value)) for name, value in node.attributes.items()),
            numbered(node.outputs),
        )
        for node in graph.nodes
    )
    return sources, nodes, tuple(number[value] for value in graph.outputs.values())
