"""How a net's layers hang together, for rules: who makes a value, who reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property

from netc.compiler.applications import LayerInstance
from netc.compiler.ir import Node, Value, is_batched, product
from netc.compiler.lint.windows import Axis, axes_of
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
        self._before: dict[LayerInstance, list[Value]] = {}
        self._axes: dict[Node, list[Axis]] = {}
        self.wanted = set(net.graph.outputs.values())
        for plan in net.plans:
            self.wanted |= {value for term in plan.terms for value in values_of(term)}

    @cached_property
    def by_op(self) -> dict[str, list[Node]]:
        """The nodes of layers by their operator, in the order in which they run."""
        found: dict[str, list[Node]] = {}
        for node in self.layer_of:
            found.setdefault(node.op, []).append(node)
        return found

    @cached_property
    def by_word(self) -> dict[str, list[LayerInstance]]:
        """The layers by their word, in the order in which they run."""
        found: dict[str, list[LayerInstance]] = {}
        for layer in self.net.layers:
            found.setdefault(layer.word, []).append(layer)
        return found

    @cached_property
    def weighted(self) -> list[tuple[LayerInstance, int]]:
        """Layers that own parameters and how many weights each has, shared ones where they are first used."""
        seen: set[int] = set()
        found = []
        for layer in self.net.layers:
            count = 0
            for item in layer.parameters:
                if id(item) not in seen:
                    seen.add(id(item))
                    count += 0 if item.buffer else item.count
            if count and not layer.training_only:
                found.append((layer, count))
        return found

    @cached_property
    def order(self) -> dict[LayerInstance, int]:
        """The number of every layer in the order in which they run."""
        return {layer: number for number, layer in enumerate(self.net.layers)}

    def before(self, layer: LayerInstance) -> list[Value]:
        """The values a layer reads that depend on the network's input."""
        found = self._before.get(layer)
        if found is None:
            found = self._before[layer] = data_inputs(layer)
        return found

    def of(self, *ops: str) -> Iterator[tuple[LayerInstance, Node]]:
        """The nodes of these operators, each with its layer."""
        for op in ops:
            for node in self.by_op.get(op, ()):
                yield self.layer_of[node], node

    def called(self, *words: str) -> Iterator[LayerInstance]:
        """The layers of these words."""
        for word in words:
            yield from self.by_word.get(word, ())

    def axes(self, node: Node) -> list[Axis]:
        """The window of a convolution or pooling along each axis; none where a size of the map is not known."""
        found = self._axes.get(node)
        if found is None:
            found = self._axes[node] = axes_of(node)
        return found

    def maker(self, value: Value) -> LayerInstance | None:
        """The layer that makes a value; None for inputs and parameters."""
        return self.layer_of.get(value.node) if value.node is not None else None

    def readers_of(self, value: Value) -> list[LayerInstance]:
        """The layers that read a value, each once."""
        layers = (self.layer_of.get(node) for node in self.readers.get(value, ()))
        return list({id(layer): layer for layer in layers if layer is not None}.values())

    def only_reader(self, value: Value) -> LayerInstance | None:
        """The layer that alone reads a value; None where others do, or an output or a loss needs it."""
        readers = self.readers_of(value)
        return readers[0] if len(readers) == 1 and value not in self.wanted else None

    def back(self, value: Value, through: Callable[[LayerInstance], bool]) -> Value:
        """The value from which layers that fit, each of one value and one after the other, make this one."""
        maker = self.maker(value)
        while maker is not None and through(maker) and len(before := self.before(maker)) == 1:
            value = before[0]
            maker = self.maker(value)
        return value

    def origin(self, value: Value) -> Value:
        """The value that this one is a rearrangement of."""
        while value.node is not None and rearranges(value.node):
            value = value.node.inputs[0]
        return value


def rearranges(node: Node) -> bool:
    """Whether the result is all of the one input's numbers where the network runs, perhaps at other places."""
    if len(node.inputs) != 1:
        return False
    definition = get_op(node.op)
    moves = definition.kind is Kind.MOVEMENT or definition.cost is Cost.VIEW
    return moves and product(node.inputs[0].shape) == product(node.outputs[0].shape)


def data_inputs(layer: LayerInstance) -> list[Value]:
    """The values a layer reads that depend on the network's input."""
    return [value for value in layer.inputs if is_batched(value)]
