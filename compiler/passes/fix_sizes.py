"""Gives symbolic sizes their values, as `--batch 32` does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netc.compiler.ir import Graph, Node, Shape, Symbol, Value, substitute
from netc.compiler.ir.dims import Dim


def fix_sizes(graph: Graph, sizes: Mapping[Symbol, int]) -> Graph:
    """The graph with some symbols replaced in every shape and attribute. Parameters have none."""
    now: dict[Value, Value] = {}

    def fixed(value: Value, node: Node | None) -> Value:
        shape = _shape(value.shape, sizes)
        if node is not value.node or shape != value.shape:
            now[value] = Value(value.name, value.dtype, shape, value.origin, node)
        return now.get(value, value)

    result = graph.with_nodes([])
    result.inputs = [fixed(value, None) for value in graph.inputs]
    result.parameters = [fixed(value, None) for value in graph.parameters]
    for old in graph.nodes:
        attributes = {name: _attribute(value, sizes) for name, value in old.attributes.items()}
        node = Node(old.op, tuple(now.get(value, value) for value in old.inputs), attributes, origin=old.origin)
        node.outputs = tuple(fixed(value, node) for value in old.outputs)
        result.nodes.append(node)
    result.outputs = {name: now.get(value, value) for name, value in graph.outputs.items()}
    return result


def _shape(shape: Shape, sizes: Mapping[Symbol, int]) -> Shape:
    return tuple(substitute(size, sizes) for size in shape)


def _attribute(value: Any, sizes: Mapping[Symbol, int]) -> Any:
    if isinstance(value, Dim):
        return substitute(value, sizes)
    if isinstance(value, tuple):
        return tuple(_attribute(item, sizes) for item in value)
    return value
