"""Which layer reads what another one makes, through operators that belong to no layer and into the steps of scans."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from netc.compiler.applications import LayerInstance
from netc.compiler.ir import Value

if TYPE_CHECKING:
    from netc.compiler.net import Net


@dataclass(frozen=True, slots=True)
class ScanState:
    """What a scan hands from one step to the next, as it is before a step."""

    scan: LayerInstance
    at: int


@dataclass(frozen=True, slots=True)
class Source:
    """Where something that is read comes from: a layer, an input of the net or a scan's state, and which value."""

    maker: LayerInstance | Value | ScanState
    value: Value


class Wiring:
    """The sources of every layer, state and output of one net.

    states   the states of each scan
    readers  by value, the layers that read it
    """

    def __init__(self, net: Net) -> None:
        self._net = net
        self._makers: dict[Value, Source] = {value: Source(value, value) for value in net.inputs}
        self._outside: dict[Value, Value] = {}
        self.states: dict[LayerInstance, list[ScanState]] = {}
        self._ends: dict[ScanState, tuple[Value, Value]] = {}
        self._results: dict[LayerInstance, list[Value]] = {}
        for node in net.graph.all_nodes():
            for body in node.bodies.values():
                self._outside.update(zip(body.inputs, node.inputs, strict=True))
        for layer in net.layers:
            self._makers.update((value, Source(layer, value)) for value in layer.outputs)
            if layer.word == "scan" and layer.layer is None:
                self._open_scan(layer)
        self._sources = {layer: self._of_layer(layer) for layer in net.layers}
        self.readers: dict[Value, set[LayerInstance]] = {}
        for layer, sources in self._sources.items():
            for source in sources:
                self.readers.setdefault(source.value, set()).add(layer)

    def _open_scan(self, layer: LayerInstance) -> None:
        node = next(node for node in layer.nodes if node.bodies)
        body, carried = node.attributes["body"], node.attributes["carried"]
        made = list(body.outputs.values())
        self.states[layer] = [ScanState(layer, at) for at in range(carried)]
        for state, before, after, start in zip(self.states[layer], body.inputs, made, node.inputs, strict=False):
            self._makers[before] = Source(state, before)
            self._ends[state] = (start, after)
        self._results[layer] = made[carried:] or made

    def sources(self, layer: LayerInstance) -> list[Source]:
        """What a layer reads, each value once. A scan reads what the layers in its braces give."""
        return self._sources[layer]

    def start(self, state: ScanState) -> list[Source]:
        """Where a state comes from before the first step."""
        return self._resolved([self._ends[state][0]])

    def after(self, state: ScanState) -> list[Source]:
        """What a state is after a step."""
        return self._resolved([self._ends[state][1]])

    def output(self, value: Value) -> list[Source]:
        """What an output of the net is."""
        return self._resolved([value])

    def _of_layer(self, layer: LayerInstance) -> list[Source]:
        if layer in self._results:
            return self._resolved(self._results[layer])
        own = {value for node in layer.nodes for value in node.outputs}
        read = [*layer.inputs, *(value for node in layer.nodes for value in node.inputs)]
        return [source for source in self._resolved([v for v in read if v not in own]) if source.maker is not layer]

    def _resolved(self, values: list[Value]) -> list[Source]:
        found: dict[Source, None] = {}
        waiting, seen = list(reversed(values)), set[Value]()
        while waiting:
            value = waiting.pop()
            if value in self._makers:
                found[self._makers[value]] = None
            elif value in seen:
                continue
            elif value in self._outside:
                waiting.append(self._outside[value])
            elif value.node is not None:
                waiting.extend(reversed(value.node.inputs))
            seen.add(value)
        return list(found)
