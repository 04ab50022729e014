"""The lines of a box or a frame, and the room that they need."""

from __future__ import annotations

from dataclasses import dataclass

from netc.compiler.drawing.labels import cut
from netc.compiler.drawing.model import Frame, Item, State
from netc.compiler.drawing.widths import width
from netc.grammar.counted import counted

HEAD, SMALL = 12.0, 10.5
"""Sizes of letters in pixels: of the first line, and of everything else."""

PAD = 10.0
LINE = 14.0
HEADER = 24.0
"""The height of a frame's title."""


@dataclass(frozen=True, slots=True)
class Words:
    """What is written: a line, what stands at its end, and a line below it."""

    head: str
    tail: str
    below: str

    @property
    def width(self) -> float:
        """The width of a box that holds it."""
        tail = width(self.tail, SMALL) + PAD if self.tail else 0.0
        return max(width(self.head, HEAD, bold=True) + tail, width(self.below, SMALL)) + 2 * PAD

    @property
    def height(self) -> float:
        """The height of a box that holds it."""
        return 12 + LINE * (2 if self.below else 1)


def words(item: Item) -> Words:
    """What is written into a box or a frame."""
    if isinstance(item, Frame):
        layers = sum(len(box.layers) for box in item.boxes())
        inside = [counted(layers, "layer"), *_state(item)]
        return Words(_head(item.title, item.times), _params(item), cut(", ".join(inside)))
    named = [item.title] if item.name else []
    below = cut(", ".join([*named, *_state(item), *item.notes]))
    return Words(_head(item.name or item.title, item.times), item.count, below)


def title(frame: Frame) -> Words:
    """The title of an open frame."""
    return Words(_head(frame.title, frame.times), ", ".join(filter(None, [*_state(frame), _params(frame)])), "")


def _head(text: str, times: int) -> str:
    return f"{cut(text)} ×{times}" if times > 1 else cut(text)


def _params(frame: Frame) -> str:
    return f"{frame.cost.params:,}" if frame.cost.params else ""


def _state(item: Item) -> list[str]:
    """Its state, unless the frame around it says so."""
    around = item.parent.state if item.parent is not None else State.PLAIN
    return [] if item.state in (State.PLAIN, around) else [str(item.state)]
