"""The wires of a drawing from box to box, for formats that find their own way through frames."""

from __future__ import annotations

from dataclasses import dataclass

from netc.compiler.drawing.model import Box, Drawing, Item, Port, Wire


@dataclass(frozen=True, slots=True)
class Link:
    """A value on its way from one box, or closed frame, to another."""

    source: Item
    target: Item
    shape: str
    back: bool


def links(drawing: Drawing) -> list[Link]:
    """All links between what is seen, each once, in the order of what they leave."""
    after: dict[object, list[Wire]] = {}
    for frame in drawing.root.frames():
        for wire in frame.wires:
            after.setdefault(wire.source, []).append(wire)
    found: dict[tuple[str, str], Link] = {}
    for item in drawing.shown():
        ends: list[Box | Port] = [item] if isinstance(item, Box) else list(item.exits) if item.closed else []
        for end in ends:
            _follow(item, end, after, found)
    return list(found.values())


def _follow(start: Item, end: Box | Port, after: dict[object, list[Wire]], found: dict[tuple[str, str], Link]) -> None:
    waiting = list(reversed(after.get(end, [])))
    while waiting:
        wire = waiting.pop()
        target = wire.target
        if isinstance(target, Port) and not (target.frame.closed and not target.out):
            onward = after.get(target, [])
            waiting.extend(reversed([Wire(w.source, w.target, w.shape, w.back or wire.back) for w in onward]))
            continue
        item: Item = target.frame if isinstance(target, Port) else target
        known = found.get((start.key, item.key))
        if known is None:
            found[(start.key, item.key)] = Link(start, item, wire.shape, wire.back)
        elif wire.shape not in known.shape.split(", "):
            found[(start.key, item.key)] = Link(start, item, f"{known.shape}, {wire.shape}", known.back and wire.back)
