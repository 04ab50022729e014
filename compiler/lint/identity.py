"""What a network is, apart from how its text is written: what a fix may change one aspect of, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from netc.compiler.ir import Graph, Node, Value
from netc.compiler.ir.text import attribute
from netc.compiler.net import Net
from netc.compiler.plan.train_plan import to_json
from netc.grammar.diagnostics import Change

Identity = Mapping[Change, object]
"""One comparable thing for each aspect but the comments, which belong to a file."""


def identity(net: Net) -> Identity:
    """The aspects of a net. Names count under `names` alone: the rest speaks of weights and values by their number."""
    numbers: dict[Value, str] = {}
    lines = list(_lines(net.graph, numbers, {item.value for item in net.parameters}))
    inputs = [(value.name, _type(value)) for value in net.inputs]
    outputs = [(name, _type(value)) for name, value in net.outputs.items()]
    plans = [json.dumps(to_json(plan), default=str, sort_keys=True) for plan in net.plans]
    read = [[_position(value, net) for term in plan.terms for value in _values(term.given)] for plan in net.plans]
    return {
        Change.OUTPUTS: (inputs, outputs),
        Change.PARAMETERS: [
            (_type(item.value), repr(item.initial), item.trainable, item.frozen, item.buffer, item.l1, item.l2)
            for item in net.parameters
        ],
        Change.STRUCTURE: lines,
        Change.TRAINING: (plans, read),
        Change.NAMES: ([item.name for item in net.parameters], [layer.path for layer in net.layers]),
    }


def changed(before: Identity, after: Identity) -> set[Change]:
    """The aspects in which two nets differ. A name that is gone or new alone is none: its weight or layer is."""
    found = {aspect for aspect, value in before.items() if after[aspect] != value}
    if Change.NAMES in found and all(_within(one, two) for one, two in zip(_names(before), _names(after), strict=True)):
        found.remove(Change.NAMES)
    return found


def _names(one: Identity) -> Sequence[Sequence[str]]:
    names = one[Change.NAMES]
    assert isinstance(names, tuple)
    return names


def _within(one: Sequence[str], other: Sequence[str]) -> bool:
    return set(one) <= set(other) or set(other) <= set(one)


def _position(value: Value, net: Net) -> str:
    """Where a value stands that a loss or metric reads: which output it is, or else what layer's."""
    for number, output in enumerate(net.outputs.values()):
        if output is value:
            return f"output {number}"
    return next((f"layer {number}" for number, layer in enumerate(net.layers) if value in layer.outputs), "another")


def _values(given: tuple[object, ...]) -> list[Value]:
    return [value for value in given if isinstance(value, Value)]


def _lines(graph: Graph, numbers: dict[Value, str], weights: set[Value]) -> list[str]:
    for value in (*graph.inputs, *graph.parameters):
        if value not in weights:
            numbers[value] = f"input {len(numbers)}"
    lines = [_line(node, numbers, weights) for node in graph.nodes]
    return [*lines, *(f"output {_read(value, numbers)}" for value in graph.outputs.values())]


def _line(node: Node, numbers: dict[Value, str], weights: set[Value]) -> str:
    for value in node.inputs:
        if value in weights and value not in numbers:
            numbers[value] = f"weight {len(numbers)}"
    read = ", ".join(_read(value, numbers) for value in node.inputs)
    for value in node.outputs:
        numbers[value] = f"{len(numbers)}"
    plain = {name: value for name, value in node.attributes.items() if name not in node.bodies}
    told = "".join(f" {name}={attribute(value)}" for name, value in plain.items())
    inside = "".join(f" {{ {'; '.join(_lines(body, {}, set()))} }}" for body in node.bodies.values())
    return f"{', '.join(numbers[value] for value in node.outputs)} = {node.op}({read}){told}{inside} : " + ", ".join(
        map(_type, node.outputs)
    )


def _read(value: Value, numbers: Mapping[Value, str]) -> str:
    return numbers.get(value, "?")


def _type(value: Value) -> str:
    return f"{value.dtype}{list(map(str, value.shape))}"
