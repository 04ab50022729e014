"""Which optimizer state may be written where it was read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from netc.compiler.ir import Graph, Node, Value
from netc.compiler.ops import get_op


def written_in_place(graph: Graph, replaced: Mapping[str, str]) -> set[str]:
    """The outputs whose buffer may be that of the input that they replace in the next step.

    replaced  name of the output -> name of the input, of one shape

    Safe in whatever order the nodes run: every reader of the input makes something that the output is made from, so
    it has run when the output's own node starts. A node that reads the input itself must be elementwise, or a product
    of matrices that is added to it. Parameters never qualify: the gradient of their layer's input reads them and is
    no part of their update.
    """
    readers = graph.consumers()
    outputs = set(graph.outputs.values())
    sources = {value.name: value for value in graph.parameters}
    below: dict[tuple[Node, ...], set[Node]] = {}  # weights that are updated in one stack have the same readers
    found = set()
    for name, source in replaced.items():
        old, new = sources[source], graph.outputs[name]
        if new.node is None or old in outputs:
            continue
        first = tuple(readers.get(old, ()))
        if first not in below:
            below[first] = _descendants(first, readers)
        if _all_before(new.node, old, first, below[first]):
            found.add(name)
    return found


def _all_before(maker: Node, old: Value, first: Sequence[Node], affected: set[Node]) -> bool:
    """Whether each reader of `old` is an ancestor of `maker`, or `maker` itself where that goes place by place.

    first     the readers;  affected: they, and all that is made from them
    """
    before: set[Node] = set()
    rest = [maker]
    while rest:
        for value in rest.pop().inputs:
            if value.node is not None and value.node in affected and value.node not in before:
                before.add(value.node)
                rest.append(value.node)
    return all(node in before or (node is maker and _place_by_place(node, old)) for node in first)


def _place_by_place(node: Node, old: Value) -> bool:
    """Whether a node's result at a place needs `old` at that place alone."""
    definition = get_op(node.op)
    return all(definition.place_by_place(node, at) for at, value in enumerate(node.inputs) if value is old)


def _descendants(nodes: Sequence[Node], readers: Mapping[Value, list[Node]]) -> set[Node]:
    found = set(nodes)
    rest = list(nodes)
    while rest:
        for value in rest.pop().outputs:
            for reader in readers.get(value, []):
                if reader not in found:
                    found.add(reader)
                    rest.append(reader)
    return found
