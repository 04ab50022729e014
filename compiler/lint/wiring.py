"""How a net's layers hang together, for rules: who makes a value, who reads it."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.applications import LayerInstance
from netc.compiler.ir import Node, Value, is_batched, product
from netc.compiler.net import Net
from netc.compiler.ops import get_op
from netc.compiler.ops.facts import Cost, Kind
from netc.compiler.plan.terms import values_of


class Wiring:
    """The layer of every node, the readers of every value, and what losses, metrics and outputs need as it is."""

    def __init__(self, net: Net) -> None:
        self.net = net
        self.readers = net.graph.consumers()
        self.layer_of: dict[Node, LayerInstance] = {node: layer for layer in net.layers for node in layer.nodes}
        self.wanted = set(net.graph.outputs.values())
        for plan in net.plans:
            self.wanted |= {value for term in plan.terms for value in values_of(term)}

    def maker(self, value: Value) -> LayerInstance | None:
        """The layer that makes a value; None for inputs and parameters."""
        return self.layer_of.get(value.node) if value.node is not None else None

    def read_by(self, value: Value, op: str) -> bool:
        """Whether nothing but operators of one kind reads a value."""
        readers = self.readers.get(value, [])
        return bool(readers) and value not in self.wanted and all(node.op == op for node in readers)

    def origin(self, value: Value) -> Value:
        """The value that this one is a rearrangement of."""
        while value.node is not None and rearranges(value.node):
            value = value.node.inputs[0]
        return value


def rearranges(node: Node) -> bool:
    """Whether the result is all of the one input's numbers where the network runs, perhaps at other places."""
    definition = get_op(node.op)
    moves = definition.kind is Kind.MOVEMENT or definition.cost is Cost.VIEW
    return moves and len(node.inputs) == 1 and product(node.inputs[0].shape) == product(node.outputs[0].shape)


def data_inputs(layer: LayerInstance) -> list[Value]:
    """The values a layer reads that depend on the network's input."""
    return [value for value in layer.inputs if is_batched(value)]


def weighted(net: Net) -> Iterator[tuple[LayerInstance, int]]:
    """Layers that own parameters and how many weights each has, shared ones where they are first used."""
    seen: set[int] = set()
    for layer in net.layers:
        own = [item for item in layer.parameters if id(item) not in seen]
        seen.update(map(id, own))
        count = sum(item.count for item in own if not item.buffer)
        if count and not layer.training_only:
            yield layer, count
