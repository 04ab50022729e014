"""A page as rectangles, lines of text and paths, in the order of painting: what SVG and PNG are written of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from netc.compiler.drawing.layout import Point, Sheet
from netc.compiler.drawing.model import Box, Drawing, Frame, Item, Port, State, Wire
from netc.compiler.drawing.pages import Page, page
from netc.compiler.drawing.palette import HEAT, KINDS, Fills, group_of
from netc.compiler.drawing.widths import width
from netc.compiler.drawing.words import HEAD, PAD, SMALL, Words, title, words

MARGIN = 20.0
TITLE = 15.0


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle with a class of the palette; `item` is what it is about, `begins` and `ends` a group around that."""

    x: float
    y: float
    width: float
    height: float
    radius: float
    style: str


@dataclass(frozen=True, slots=True)
class Text:
    """A line of text; `x` is its start, or its end where `right`; `y` its base line."""

    x: float
    y: float
    text: str
    style: str
    size: float
    right: bool = False


@dataclass(frozen=True, slots=True)
class Path:
    """A smooth line through points, with an arrow at its end; `square` with corners, as between columns."""

    points: tuple[Point, ...]
    style: str
    arrow: bool
    square: bool = False


@dataclass(frozen=True, slots=True)
class About:
    """What follows, up to the next one, is about a box or a frame: its name in files and what is said of it."""

    key: str
    facts: tuple[str, ...]


Shape = Rect | Text | Path | About


@dataclass(frozen=True, slots=True)
class Scene:
    """A size, and what is painted."""

    width: float
    height: float
    shapes: tuple[Shape, ...]
    title: str


def scene(drawing: Drawing, columns: int | None = None) -> Scene:
    """What is painted of a drawing."""
    laid = page(drawing, columns)
    painter = _Painter(drawing, laid)
    top = painter.head()
    painter.sheet(laid.whole, MARGIN, top)
    room = laid.whole.room
    bottom = painter.legend(top + room.height + 26)
    return Scene(max(painter.width, room.width + 2 * MARGIN), bottom + MARGIN, tuple(painter.shapes), drawing.title)


def _line(wire: Wire) -> str:
    return "back" if wire.back else "wire"


class _Painter:
    def __init__(self, drawing: Drawing, laid: Page) -> None:
        self.drawing, self.sheets = drawing, laid.sheets
        self.fills = Fills(drawing)
        self.shapes: list[Shape] = []
        self.wide = laid.whole.room.width
        self.width = 0.0

    def text(self, x: float, y: float, text: str, style: str, size: float, right: bool = False) -> None:
        """A line of text, for which the page is made wide enough."""
        if text:
            self.shapes.append(Text(x, y, text, style, size, right))
            self.width = max(self.width, x + (0 if right else width(text, size, style == "head")) + MARGIN)

    def head(self) -> float:
        """The net's title, and the lines below it; where the drawing begins."""
        y = MARGIN + TITLE
        self.text(MARGIN, y, self.drawing.title, "head", TITLE)
        for line in self.drawing.below:
            y += 16
            self.text(MARGIN, y, line, "small", SMALL)
        return y + 36

    def sheet(self, sheet: Sheet, x: float, y: float) -> None:
        """What is in a frame: items first, then the wires over them."""
        waiting: list[tuple[Sheet, float, float]] = [(sheet, x, y)]
        while waiting:
            one, left, top = waiting.pop()
            for item, (at_x, at_y, wide, high) in one.places.items():
                self.item(item, left + at_x, top + at_y, wide, high)
                if isinstance(item, Frame) and item in self.sheets:
                    waiting.append((self.sheets[item], left + at_x, top + at_y))
            for wire, points in one.lines.items():
                self.wire(wire, tuple((left + a, top + b) for a, b in points), wire in one.turned)
            for at_x, at_y, label in one.labels:
                self.shapes.append(Text(left + at_x, top + at_y - 1, label, "shape", SMALL))

    def wire(self, wire: Wire, points: tuple[Point, ...], turned: bool) -> None:
        """A wire; one that goes back has its arrow above."""
        if wire.back and not isinstance(wire.target, Port):
            points = points[::-1]
        leaves = isinstance(wire.target, Port) and wire.target.out
        self.shapes.append(Path(points, _line(wire), not leaves, turned))

    def item(self, item: Item, x: float, y: float, wide: float, high: float) -> None:
        """A box, or a frame with its title."""
        self.shapes.append(About(item.key, item.facts))
        opened = isinstance(item, Frame) and item in self.sheets
        state = {State.FROZEN: " frozen", State.MIXED: " mixed", State.TRAINING: " training"}.get(item.state, "")
        if opened:
            assert isinstance(item, Frame)
            self.shapes.append(Rect(x, y, wide, high, 7, f"frame{state}"))
            self._line(title(item), x, y + 16, wide, 11.5)
            return
        fill = self.fills.of(item)
        if item.times > 1 or isinstance(item, Frame):
            self.shapes.append(Rect(x + 3, y + 3, wide, high, 5, f"{fill} behind{state}"))
        self.shapes.append(Rect(x, y, wide, high, 12 if fill == "port" else 5, f"{fill}{state}"))
        said = words(item)
        self._line(said, x, y + 17, wide, HEAD)
        if said.below:
            self.shapes.append(Text(x + PAD, y + 32, said.below, "small", SMALL))

    def _line(self, said: Words, x: float, y: float, wide: float, size: float) -> None:
        self.shapes.append(Text(x + PAD, y, said.head, "head", size))
        if said.tail:
            self.shapes.append(Text(x + wide - PAD, y, said.tail, "count", SMALL, True))

    def legend(self, y: float) -> float:
        """What colours and outlines mean, as far as they are there; where it ends."""
        self.shapes.append(About("legend", ()))
        entries = meanings(self.drawing, self.drawing.shown())
        x = MARGIN
        across = max(self.wide + MARGIN, 360.0)
        for style, said in entries:
            need = 22 + width(said, SMALL) + 18
            if x > MARGIN and x + need > across:
                x, y = MARGIN, y + 20
            self.shapes.append(Rect(x, y - 10, 16, 12, 3, style))
            self.text(x + 22, y, said, "small", SMALL)
            x += need
        return y


def meanings(drawing: Drawing, items: Iterable[Item]) -> list[tuple[str, str]]:
    """The classes of colours and outlines that are there, and what each means."""
    seen = list(items)
    there = {group_of(item) for item in seen if isinstance(item, Box)}
    found = [(group, said) for group, said in KINDS.items() if group in there]
    if drawing.heat is not None:
        found = [(f"heat{level}", said) for level, said in enumerate(HEAT[drawing.heat])]
    states = {item.state for item in seen}
    return found + [(f"port {name}", said) for state, name, said in STATES if state in states]


STATES = (
    (State.FROZEN, "frozen", "frozen"),
    (State.MIXED, "mixed", "partly frozen"),
    (State.TRAINING, "training", "training only"),
)
