"""What a value is made of, asked of the graph: how larger operators find what they replace."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from netc.compiler.ir import Node, Tensor, Value


def made_by(value: Value, op: str, **attributes: Any) -> Node | None:
    """The node that makes a value, where it is of this kind and has these settings."""
    node = value.node
    if node is None or node.op != op:
        return None
    fits = all(node.attributes[name] == wanted for name, wanted in attributes.items())
    return node if fits else None


def literal(value: Value) -> Tensor | None:
    """The numbers of a constant."""
    node = made_by(value, "Constant")
    found = node.attributes["value"] if node is not None else None
    return found if isinstance(found, Tensor) else None


def number(value: Value) -> float | None:
    """The number of a literal with one element."""
    found = literal(value)
    return float(found.values[0]) if found is not None and len(found.values) == 1 else None


def factors(value: Value, op: str = "Mul") -> tuple[tuple[Value, Value], ...]:
    """The inputs of an operation that takes them in either order, in both orders; none for another operation."""
    node = made_by(value, op)
    if node is None:
        return ()
    first, second = node.inputs
    return (first, second), (second, first)


def other_factor(value: Value, known: Value, op: str = "Mul") -> Value | None:
    """The other input of an operation that takes `known` and one more in either order."""
    return next((second for first, second in factors(value, op) if first is known), None)


def is_same(value: Value, pattern: Value, standing: dict[Value, Value]) -> bool:
    """Whether a value is made as `pattern` is, a value of another graph.

    standing  for a value of the pattern, what stands for it; it learns what it is asked about
    """
    if pattern in standing:
        return standing[pattern] is value
    node, wanted = value.node, pattern.node
    if node is None or wanted is None or node.op != wanted.op or node.attributes != wanted.attributes:
        return False
    if len(node.inputs) != len(wanted.inputs) or node.outputs.index(value) != wanted.outputs.index(pattern):
        return False
    if not all(is_same(a, b, standing) for a, b in zip(node.inputs, wanted.inputs, strict=True)):
        return False
    standing.update(zip(wanted.outputs, node.outputs, strict=True))
    return True


def is_read_within(
    last: Node, leaves: Collection[Value], readers: Mapping[Value, list[Node]], outputs: Collection[Value]
) -> bool:
    """Whether what stands between some values and a node is read there alone, so that the node may stand for all of it.

    leaves  what all of it is made of, besides literals
    """
    inner: set[Node] = set()
    waiting = [last]
    while waiting:
        node = waiting.pop()
        if node not in inner and node.op != "Constant":
            inner.add(node)
            waiting += [value.node for value in node.inputs if value not in leaves and value.node is not None]
    between = [value for node in inner - {last} for value in node.outputs]
    return all(value not in outputs and inner.issuperset(readers.get(value, ())) for value in between)
