"""Coordinates: from the grid of each frame, the innermost first, to places in pixels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from netc.compiler.drawing.grid import Cell, Grid, grid
from netc.compiler.drawing.model import Box, Drawing, Frame, Item, Port, Wire
from netc.compiler.drawing.widths import width
from netc.compiler.drawing.words import HEADER, PAD, SMALL, title, words

BESIDE = 14.0
"""Between columns."""
NEAR, WRITTEN = 13.0, 17.0
"""Between rows, and what a line of text between them adds."""
BEND = 7.0
"""Half the width of the lane of a wire."""
STEP = 14.0
"""Between wires that enter a box, or leave it."""

Point = tuple[float, float]


@dataclass(slots=True)
class Room:
    """How large something is, and where the wire through it enters, from its left."""

    width: float
    height: float
    axis: float


@dataclass(slots=True)
class Sheet:
    """A frame laid out, from its own corner.

    places   the corner and the size of each item
    ports    where the ports on its edge are, from its left
    lines    the points of each wire: its ends, and the top and the bottom of the rows that it passes
    labels   what stands beside wires, with its place
    turned   the wires that go on in the next column
    """

    room: Room
    places: dict[Item, tuple[float, float, float, float]] = field(default_factory=dict)
    ports: dict[Port, float] = field(default_factory=dict)
    lines: dict[Wire, list[Point]] = field(default_factory=dict)
    labels: list[tuple[float, float, str]] = field(default_factory=list)
    turned: set[Wire] = field(default_factory=set)


Sheets = dict[Frame, Sheet]


def lay_out(frames: Iterable[Frame]) -> Sheets:
    """The sheets of open frames; the frames come from outside in, as `walk` gives them."""
    sheets: Sheets = {}
    for frame in reversed(list(frames)):
        sheets[frame] = arrange(frame, grid(frame), sheets)
    return sheets


def open_frames(drawing: Drawing) -> list[Frame]:
    """The frames whose insides are seen, but for the root."""
    return [item for item in drawing.shown() if isinstance(item, Frame) and not item.closed]


def arrange(frame: Frame, places: Grid, sheets: Mapping[Frame, Sheet], rows: range | None = None) -> Sheet:
    """A frame, or some rows of it, in pixels."""
    chosen = places.rows if rows is None else places.rows[rows.start : rows.stop]
    cells = [cell for row in chosen for cell in row]
    labels = _labels(frame, places, cells)
    rooms = {cell: _room(cell, sheets) for cell in cells}
    x, full = _columns(cells, rooms, labels, places.columns)
    inner = 0.0 if frame.parent is None else PAD
    sheet = Sheet(Room(0, 0, 0))
    for cell in cells:
        if isinstance(cell.what, Port):
            sheet.ports[cell.what] = x[cell] + inner
    top = 0.0 if frame.parent is None else HEADER
    tops, bottom = _rows(chosen, rooms, labels, x, top)
    for row, y in zip(chosen, tops, strict=True):
        for cell in row:
            if isinstance(cell.what, (Box, Frame)):
                room = rooms[cell]
                sheet.places[cell.what] = (x[cell] + inner - room.axis, y, room.width, room.height)
    least = 0.0 if frame.parent is None else title(frame).width
    wide = full + 2 * inner
    if wide < least:  # the title needs more room than what is below it
        _shift(sheet, (least - wide) / 2)
        x = {cell: at + (least - wide) / 2 for cell, at in x.items()}
    first = next(iter([*(sheet.ports[p] for p in frame.entries if p in sheet.ports), max(wide, least) / 2]))
    sheet.room = Room(max(wide, least), bottom + (NEAR if not frame.exits and frame.parent else 0.0), first)
    lows = [
        y + max((rooms[cell].height for cell in row), default=0.0) + _written(row, labels)
        for row, y in zip(chosen, tops, strict=True)
    ]
    _draw_wires(places, sheets, sheet, {cell: at + inner for cell, at in x.items()}, tops, lows, rooms)
    leaving: dict[Label, float] = {}
    for wire, line in sheet.lines.items():
        cell = places.routes[wire][0]
        label = (cell, wire.source if isinstance(wire.source, Port) and not wire.back else None)
        leaving[label] = max(leaving.get(label, 0.0), line[0][0])
    for (cell, port), text in labels.items():
        end = tops[cell.row - chosen[0][0].row] + rooms[cell].height
        start = leaving.get((cell, port), x[cell] + inner)
        sheet.labels.append((start + 5, end + 15, text))
        sheet.room.width = max(sheet.room.width, start + 5 + width(text, SMALL))
    return sheet


def _shift(sheet: Sheet, by: float) -> None:
    sheet.places = {item: (x + by, y, w, h) for item, (x, y, w, h) in sheet.places.items()}
    sheet.ports = {port: x + by for port, x in sheet.ports.items()}


# ------------------------------------------------------------ rooms
def _room(cell: Cell, sheets: Mapping[Frame, Sheet]) -> Room:
    what = cell.what
    if isinstance(what, Frame) and what in sheets:
        return sheets[what].room
    if isinstance(what, (Box, Frame)):
        need = words(what)
        wide = max(need.width, 40.0)
        return Room(wide, need.height, wide / 2)
    half = BEND if cell.bend else 2.0
    return Room(2 * half, 0.0, half)


Label = tuple[Cell, object]
"""A cell, and which port of the frame in it; None for a box."""


def _labels(frame: Frame, places: Grid, cells: Sequence[Cell]) -> dict[Label, str]:
    """The shapes that stand beside what comes out of each cell. What leaves the frame at once has it outside."""
    leaving: dict[Label, dict[str, None]] = {}
    for wire, route in places.routes.items():
        source = wire.source
        inside = isinstance(source, Port) and source.frame is frame
        if not inside and not wire.back and not (isinstance(wire.target, Port) and wire.target.frame is frame):
            leaving.setdefault((route[0], source if isinstance(source, Port) else None), {})[wire.shape] = None
    chosen = {id(cell) for cell in cells}
    return {label: ", ".join(shapes) for label, shapes in leaving.items() if id(label[0]) in chosen}


def _columns(cells: Sequence[Cell], rooms: Mapping[Cell, Room], labels: Mapping[Label, str],
             count: int) -> tuple[dict[Cell, float], float]:  # fmt: skip
    """Where the axis of each cell is, and how wide all of it is."""
    beside_of = _beside(labels)
    left, right = [0.0] * count, [0.0] * count
    lane = [True] * count
    used = [False] * count
    for cell in cells:
        for at in range(cell.first, cell.last + 1):
            used[at] = True
            lane[at] &= cell.first == cell.last and not isinstance(cell.what, (Box, Frame))
        if cell.first == cell.last:
            room, beside = rooms[cell], beside_of.get(cell, 0.0)
            left[cell.first] = max(left[cell.first], room.axis)
            right[cell.first] = max(right[cell.first], room.width - room.axis, beside)
    gap = [0.0] * count
    before = -1
    for at in range(count):
        if used[at]:
            if before >= 0:
                gap[at] = 2.0 if lane[at] and lane[before] else BESIDE
            before = at
    for cell in cells:
        if cell.first < cell.last:
            room, beside = rooms[cell], beside_of.get(cell, 0.0)
            half = max(room.axis, room.width - room.axis, beside)
            span = [at for at in range(cell.first, cell.last + 1) if used[at]]
            lacking = 2 * half - sum(left[at] + right[at] + gap[at] for at in span) + gap[span[0]]
            if lacking > 0:
                for at in span:
                    left[at] += lacking / len(span) / 2
                    right[at] += lacking / len(span) / 2
    edge, axis, ends = 0.0, [0.0] * count, [0.0] * count
    for at in range(count):
        axis[at] = edge + gap[at] + left[at]
        edge = ends[at] = axis[at] + right[at]
    middle = {
        cell: axis[cell.first]
        if cell.first == cell.last
        else (axis[cell.first] - left[cell.first] + ends[cell.last]) / 2
        for cell in cells
    }
    return middle, edge


def _beside(labels: Mapping[Label, str]) -> dict[Cell, float]:
    """The room that the first label of each cell needs at the right of its axis."""
    found: dict[Cell, float] = {}
    for (cell, _), text in labels.items():
        found.setdefault(cell, width(text, SMALL) + 8)
    return found


def _rows(chosen: Sequence[Sequence[Cell]], rooms: Mapping[Cell, Room], labels: Mapping[Label, str],
          x: Mapping[Cell, float], top: float) -> tuple[list[float], float]:  # fmt: skip
    """The top of each row, and the bottom of the last."""
    tops: list[float] = []
    y = top
    for at, row in enumerate(chosen):
        if at:
            aside = max((abs(x[a] - x[b]) for a in chosen[at - 1] for b in a.below if b in x), default=0.0)
            y += _written(chosen[at - 1], labels) + max(NEAR, min(64.0, NEAR + aside * 0.14))
        tops.append(y)
        y += max((rooms[cell].height for cell in row), default=0.0)
    return tops, y


def _written(row: Sequence[Cell], labels: Mapping[Label, str]) -> float:
    """The height below a row in which shapes stand."""
    written = {cell for cell, _ in labels}
    return WRITTEN if any(cell in written for cell in row) else 0.0


# ------------------------------------------------------------ wires
def _draw_wires(places: Grid, sheets: Mapping[Frame, Sheet], sheet: Sheet, x: Mapping[Cell, float],
                tops: Sequence[float], lows: Sequence[float], rooms: Mapping[Cell, Room]) -> None:  # fmt: skip
    """The points of wires that begin and end in these rows: straight past rows and what is written, then aside."""
    base = min((cell.row for cell in x), default=0)
    whole = {wire: route for wire, route in places.routes.items() if route[0] in x and route[-1] in x}
    starts = _ends(whole, sheets, x, rooms, upper=True)
    ends = _ends(whole, sheets, x, rooms, upper=False)
    for wire, route in whole.items():
        a, b = route[0], route[-1]
        points: list[Point] = [(starts[wire], tops[a.row - base] + rooms[a].height)]
        if lows[a.row - base] > points[0][1]:
            points.append((starts[wire], lows[a.row - base]))
        for bend in route[1:-1]:
            points += [(x[bend], tops[bend.row - base]), (x[bend], lows[bend.row - base])]
        points.append((ends[wire], tops[b.row - base]))
        sheet.lines[wire] = points


def _ends(routes: Mapping[Wire, list[Cell]], sheets: Mapping[Frame, Sheet], x: Mapping[Cell, float],
          rooms: Mapping[Cell, Room], *, upper: bool) -> dict[Wire, float]:  # fmt: skip
    """Where each wire leaves the cell above it, or enters the one below it, from the left."""
    at_cell: dict[Cell, list[tuple[Wire, float]]] = {}
    found: dict[Wire, float] = {}
    for wire, route in routes.items():
        cell, beside = (route[0], route[1]) if upper else (route[-1], route[-2])
        flows_from_above = not (wire.back and not isinstance(wire.target, Port))
        end = wire.source if upper == flows_from_above else wire.target
        what = cell.what
        if isinstance(what, Frame) and what in sheets and isinstance(end, Port):
            found[wire] = x[cell] - rooms[cell].axis + sheets[what].ports[end]
        elif isinstance(what, Port):
            found[wire] = x[cell]
        else:
            at_cell.setdefault(cell, []).append((wire, x[beside]))
    for cell, wires in at_cell.items():
        found.update(_spread(cell, wires, x[cell], rooms[cell], upper))
    return found


def _spread(cell: Cell, wires: list[tuple[Wire, float]], axis: float, room: Room, upper: bool) -> dict[Wire, float]:
    """Places for the values at the edge of a box, in order; what goes straight on is in the middle."""
    groups: dict[int, list[tuple[Wire, float]]] = {}
    for wire, beside in wires:
        groups.setdefault(id(wire.source) if not wire.back else id(wire), []).append((wire, beside))
    order = sorted(groups.values(), key=lambda group: min(beside for _, beside in group))
    straight = [at for at, group in enumerate(order) if any(abs(beside - axis) < 1 for _, beside in group)]
    middle = straight[0] if straight else (len(order) - 1) / 2
    step = min(STEP, (room.width / 2 - 8) / max(len(order) - 1, 1))
    return {wire: axis + (at - middle) * step for at, group in enumerate(order) for wire, _ in group}
