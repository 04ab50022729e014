"""What is taller than a page is cut where a single value goes on, and its parts stand side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from netc.compiler.drawing.grid import Cell, Grid, grid
from netc.compiler.drawing.layout import Point, Room, Sheet, Sheets, arrange, lay_out, open_frames
from netc.compiler.drawing.model import Drawing, Frame, Port, Wire

SHAPE = 1.41
"""How much wider than high a page is."""
ENOUGH = 900.0
"""A drawing of no more than this height in pixels is one column."""
APART = 44.0
"""Between columns: the wire goes up in the middle."""
TURN = 27.0
"""What a wire that goes on in the next column needs below and above."""
MOST = 10
WORTH = 1.04
"""How much larger letters have to be for one column more."""
EVEN = 0.1
"""A column isn't less high than this share of the highest."""
MOSTLY = 0.6
"""A frame that has this share of the height is cut itself."""


@dataclass(slots=True)
class Page:
    """All that is drawn: what the root holds, and the sheets of the frames in it."""

    whole: Sheet
    sheets: Sheets

    @property
    def letters(self) -> float:
        """How large letters are, where all of it is on one page."""
        return min(SHAPE / self.whole.room.width, 1 / self.whole.room.height)


def page(drawing: Drawing, columns: int | None = None) -> Page:
    """The net laid out.

    columns  how many there are at most; None as many as make letters largest on a page
    """
    frames = open_frames(drawing)
    sheets = lay_out(frames)
    places = {drawing.root: grid(drawing.root)}
    best = Page(arrange(drawing.root, places[drawing.root], sheets), sheets)
    if columns == 1 or (columns is None and best.whole.room.height <= ENOUGH):
        return best
    chain = _tall(drawing.root, best)
    for frame in chain:
        places.setdefault(frame, grid(frame))
    for at, frame in enumerate(chain):
        for count in range(2, (columns or MOST) + 1):
            tried = _cut(frame, chain[:at], places, best.sheets, count)
            if tried is not None and (columns is not None or tried.letters > WORTH * best.letters):
                best = tried
    return best


def _tall(root: Frame, whole: Page) -> list[Frame]:
    """The root, the frame in it that makes up most of its height, the one in that, …"""
    found = [root]
    height = whole.whole.room.height
    while True:
        inside = [item for item in found[-1].items if isinstance(item, Frame) and item in whole.sheets]
        tall = max(inside, key=lambda frame: whole.sheets[frame].room.height, default=None)
        if tall is None or whole.sheets[tall].room.height < MOSTLY * height:
            return found
        found.append(tall)


def _cut(frame: Frame, around: Sequence[Frame], places: Mapping[Frame, Grid], sheets: Sheets,
         count: int) -> Page | None:  # fmt: skip
    """All of it with one frame in columns; None where that cannot be cut so, or leaves a mere stump."""
    whole = arrange(frame, places[frame], sheets)
    cuts = _evenly(whole, places[frame], _cuts(places[frame]), count)
    if not cuts:
        return None
    columns = _side_by_side(frame, places[frame], sheets, cuts)
    if columns is None:
        return None
    changed = dict(sheets)
    for at, sheet in [(frame, columns), *((outer, None) for outer in reversed(around))]:
        changed[at] = sheet if sheet is not None else arrange(at, places[at], changed)
    root = around[0] if around else frame
    return Page(changed.pop(root), changed)


# ------------------------------------------------------------ where to cut
Cuts = dict[int, list[Wire]]


def _cuts(places: Grid) -> Cuts:
    """The rows after which one can cut, with the wires that go on there: those of one value, to the next row."""
    over: list[list[Wire]] = [[] for _ in places.rows]
    for wire, route in places.routes.items():
        for row in range(route[0].row, route[-1].row):
            over[row].append(wire)
    return {row: wires for row, wires in enumerate(over) if wires and _one_value(wires, places, row)}


def _one_value(wires: list[Wire], places: Grid, row: int) -> bool:
    routes = [places.routes[wire] for wire in wires]
    direct = all(route[0].row == row and route[-1].row == row + 1 for route in routes)
    ports = any(isinstance(end.what, Port) for route in routes for end in (route[0], route[-1]))
    return direct and not ports and len({id(wire.source) for wire in wires}) == 1


def _evenly(whole: Sheet, places: Grid, cuts: Cuts, count: int) -> list[tuple[int, list[Wire]]]:
    """Cuts that make columns about equally high, no more than asked for."""
    tops = [min((whole.places[c.what][1] for c in row if c.what in whole.places), default=0.0) for row in places.rows]
    tops[-1] = tops[-1] or whole.room.height
    bottoms = [*tops[1:], whole.room.height]
    low, high = max((b - a for a, b in zip(tops, bottoms, strict=True)), default=0.0), whole.room.height
    found: list[tuple[int, list[Wire]]] = []
    for _ in range(24):  # the lowest height that the columns fit into
        middle = (low + high) / 2
        tried = _greedy(tops, bottoms, cuts, middle)
        if tried is not None and len(tried) < count:
            found, high = tried, middle
        else:
            low = middle
    return found


def _greedy(tops: list[float], bottoms: list[float], cuts: Cuts,
            most: float) -> list[tuple[int, list[Wire]]] | None:  # fmt: skip
    """The cuts of columns that are filled one after the other; None where one gets higher than allowed."""
    found: list[tuple[int, list[Wire]]] = []
    start, last = 0.0, None
    for row, bottom in enumerate(bottoms):
        if bottom - start > most:
            if last is None:
                return None
            found.append((last, cuts[last]))
            start, last = bottoms[last], None
            if bottom - start > most:
                return None
        if row in cuts:
            last = row
    return found


# ------------------------------------------------------------ columns
def _side_by_side(frame: Frame, places: Grid, sheets: Sheets, cuts: list[tuple[int, list[Wire]]]) -> Sheet | None:
    """The sheet of a frame in columns, with the wires from each to the next."""
    ends = [*(row + 1 for row, _ in cuts), len(places.rows)]
    starts = [0, *ends[:-1]]
    columns = [arrange(frame, places, sheets, range(*between)) for between in zip(starts, ends, strict=True)]
    heights = [column.room.height for column in columns]
    if min(heights) < EVEN * max(heights):
        return None
    lefts = [sum(column.room.width + APART for column in columns[:at]) for at in range(len(columns))]
    down = 0.0 if frame.parent is None else TURN  # a wire that comes from above turns below the title
    sheet = Sheet(Room(0, 0, 0))
    for column, x in zip(columns, lefts, strict=True):
        sheet.places.update({item: (x + a, down + b, w, h) for item, (a, b, w, h) in column.places.items()})
        sheet.ports.update({port: x + a for port, a in column.ports.items()})
        sheet.labels += [(x + a, down + b, text) for a, b, text in column.labels]
        sheet.lines.update({wire: [(x + a, down + b) for a, b in line] for wire, line in column.lines.items()})
    height = down + max(heights) + TURN
    sheet.room = Room(lefts[-1] + columns[-1].room.width, height, columns[0].room.axis)
    for at, (_, wires) in enumerate(cuts):
        for wire in wires:
            low, lane = down + columns[at].room.height + TURN - 6, lefts[at + 1] - APART / 2
            sheet.lines[wire] = _onward(places.routes[wire], wire, sheet, sheets, low, lane)
            sheet.turned.add(wire)
    for wire, line in sheet.lines.items():
        if isinstance(wire.target, Port) and wire.target.frame is frame:
            line.append((line[-1][0], height))
        if isinstance(wire.source, Port) and wire.source.frame is frame and down:
            line[0] = (line[0][0], line[0][1] - down)
    return sheet


def _onward(route: list[Cell], wire: Wire, sheet: Sheet, sheets: Sheets, low: float, lane: float) -> list[Point]:
    """Down, to the lane between the columns, up, and down to where the wire goes on."""
    x, y = _end(route[0], wire.source, sheet, sheets, upper=True)
    to_x, to_y = _end(route[-1], wire.target, sheet, sheets, upper=False)
    return [(x, y), (x, low), (lane, low), (lane, to_y - 16), (to_x, to_y - 16), (to_x, to_y)]


def _end(cell: Cell, end: object, sheet: Sheet, sheets: Sheets, *, upper: bool) -> Point:
    what = cell.what
    assert not isinstance(what, (Port, tuple))
    x, y, wide, high = sheet.places[what]
    across = wide / 2
    if isinstance(what, Frame) and what in sheets and isinstance(end, Port):
        across = sheets[what].ports[end]
    return x + across, y + (high if upper else 0.0)
