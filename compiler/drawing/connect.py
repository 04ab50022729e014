"""The wires of a drawing: who reads what, taken through the edges of frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from netc.compiler.applications import LayerInstance
from netc.compiler.drawing.labels import shape_of
from netc.compiler.drawing.model import Box, End, Frame, Port, Wire
from netc.compiler.drawing.wiring import ScanState, Source, Wiring
from netc.compiler.ir import Value

Maker = LayerInstance | Value | ScanState
"""What a box stands for: a layer, an input, a state."""


def connect(
    layers: Sequence[LayerInstance],
    wiring: Wiring,
    homes: Mapping[Maker, Box],
    twins: Mapping[LayerInstance, list[LayerInstance]],
    turns: Mapping[LayerInstance, Mapping[int, int]],
    outputs: Mapping[Box, Value],
) -> None:
    """Draw every wire once, with the shapes that its value has in the passes of loops that it stands for.

    layers   all of the net, in execution order
    homes    the box of each layer, input and state
    twins    the layers that are drawn with a layer, itself among them
    turns    in which pass of which run of passes a layer is: what goes from a pass to the next needs no wire
    outputs  the boxes of the net's outputs
    """
    firsts = {twin: first for first, same in twins.items() if len(same) > 1 for twin in same[1:]}
    wires = _Wires(firsts)
    for layer in layers:
        for source in wiring.sources(layer):
            maker = source.maker
            if not (isinstance(maker, LayerInstance) and _another_pass(turns[maker], turns[layer])):
                wires.add(source, homes[maker], homes[layer])
    for state, box in homes.items():
        if isinstance(state, ScanState):
            for source in wiring.start(state):
                wires.add(source, homes[source.maker], box)
            for source in wiring.after(state):
                wires.add(source, homes[source.maker], box, back=True)
    for box, value in outputs.items():
        for source in wiring.output(value):
            wires.add(source, homes[source.maker], box)
    wires.label()


def _another_pass(one: Mapping[int, int], other: Mapping[int, int]) -> bool:
    return any(other.get(run, turn) != turn for run, turn in one.items())


class _Wires:
    """Wires that exist, and the ports that they go through."""

    def __init__(self, firsts: Mapping[LayerInstance, LayerInstance]) -> None:
        self._firsts = firsts
        self._ports: dict[tuple[Frame, bool, str], Port] = {}
        self._known: dict[tuple[int, int], tuple[Wire, list[Value]]] = {}

    def add(self, source: Source, start: Box, end: Box, *, back: bool = False) -> None:
        """A wire from one box to another, in pieces: out of frames, through the one that holds both, into frames."""
        if start is end:
            return
        key = self._name(source, start)
        out, into = _frames(start), _frames(end)
        common = next(frame for frame in out if frame in into)
        at: End = start
        for frame in out[: out.index(common)]:
            port = self._port(frame, True, key)
            self._piece(frame, at, port, source.value, back)
            at = port
        for frame in reversed(into[: into.index(common)]):
            assert frame.parent is not None
            port = self._port(frame, False, key)
            self._piece(frame.parent, at, port, source.value, back)
            at = port
        assert end.parent is not None
        self._piece(end.parent, at, end, source.value, back)

    def label(self) -> None:
        """Write their shapes, when all are there."""
        for wire, values in self._known.values():
            wire.shape = shape_of(values)

    def _piece(self, frame: Frame, source: End, target: End, value: Value, back: bool) -> None:
        known = self._known.get((id(source), id(target)))
        if known is None:
            known = self._known[(id(source), id(target))] = (Wire(source, target, "", back), [])
            frame.wires.append(known[0])
        known[0].back &= back
        known[1].append(value)

    def _port(self, frame: Frame, out: bool, key: str) -> Port:
        port = self._ports.get((frame, out, key))
        if port is None:
            side = frame.exits if out else frame.entries
            port = self._ports[(frame, out, key)] = Port(frame, f"{frame.key}{'o' if out else 'i'}{len(side)}", out)
            side.append(port)
        return port

    def _name(self, source: Source, start: Box) -> str:
        """What tells a value from others that leave its box; those of other passes have the same name."""
        first = source.maker
        if not isinstance(first, LayerInstance):
            return start.key
        while isinstance(first, LayerInstance) and first in self._firsts:
            first = self._firsts[first]
        at = source.maker.outputs.index(source.value) if isinstance(source.maker, LayerInstance) else 0
        return f"{start.key}.{start.layers.index(first)}.{at}"


def _frames(box: Box) -> list[Frame]:
    """The frames around a box, from the innermost on."""
    found: list[Frame] = []
    frame = box.parent
    while frame is not None:
        found.append(frame)
        frame = frame.parent
    return found
