"""A net that is taller than a page is cut where a single wire goes on, and its parts stand side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from netc.compiler.drawing.grid import Cell, Grid, grid
from netc.compiler.drawing.layout import Point, Sheet, Sheets, arrange, lay_out, open_frames
from netc.compiler.drawing.model import Drawing, Frame, Port, Wire

SHAPE = 1.41
"""How much wider than high a page is."""
ENOUGH = 900.0
"""A drawing of no more than this height in pixels is one column."""
APART = 44.0
MOST = 10
WORTH = 1.04
"""How much larger letters have to be for one column more."""
EVEN = 0.3


@dataclass(slots=True)
class Column:
    """A part of the net, with its place on the page, and the wire from it to the next one."""

    sheet: Sheet
    x: float
    y: float
    onward: list[tuple[Wire, list[Point]]] = field(default_factory=list)


@dataclass(slots=True)
class Page:
    """All that is drawn: columns, the sheets of the frames in them, and how large it all is."""

    columns: list[Column]
    sheets: Sheets
    width: float
    height: float


def page(drawing: Drawing, columns: int | None = None) -> Page:
    """The net laid out.

    columns  how many there are at most; None as many as bring it nearest to the shape of a page
    """
    sheets = lay_out(open_frames(drawing))
    places = grid(drawing.root)
    whole = arrange(drawing.root, places, sheets)
    if columns == 1 or (columns is None and whole.room.height <= ENOUGH):
        return Page([Column(whole, 0, 0)], sheets, whole.room.width, whole.room.height)
    cuts = _cuts(places)
    best = _page(drawing.root, places, sheets, [])
    for count in range(2, (columns or MOST) + 1):
        tried = _page(drawing.root, places, sheets, _evenly(whole, places, cuts, count))
        if columns is not None or (_even(tried) and _letters(tried) > WORTH * _letters(best)):
            best = tried
    return best


def _letters(tried: Page) -> float:
    """How large letters are, where all of it is on one page."""
    return min(SHAPE / tried.width, 1 / tried.height)


def _even(tried: Page) -> bool:
    """Whether no column is a mere stump."""
    heights = [column.sheet.room.height for column in tried.columns]
    return all(height > EVEN * max(heights) for height in heights)


Cuts = dict[int, list[Wire]]


def _cuts(places: Grid) -> Cuts:
    """The rows after which the net can be cut, with the wires that go on there: those of one value, to the next row."""
    over: list[list[Wire]] = [[] for _ in places.rows]
    for wire, route in places.routes.items():
        for row in range(route[0].row, route[-1].row):
            over[row].append(wire)
    return {row: wires for row, wires in enumerate(over) if wires and _one_value(wires, places, row)}


def _one_value(wires: list[Wire], places: Grid, row: int) -> bool:
    routes = [places.routes[wire] for wire in wires]
    direct = all(route[0].row == row and route[-1].row == row + 1 for route in routes)
    return len({id(wire.source) for wire in wires}) == 1 and (direct or len(wires) == 1)


def _evenly(whole: Sheet, places: Grid, cuts: Mapping[int, list[Wire]], count: int) -> list[tuple[int, list[Wire]]]:
    """Cuts that make columns about equally high, no more than asked for."""
    tops = [min((whole.places[c.what][1] for c in row if c.what in whole.places), default=0.0) for row in places.rows]
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


def _greedy(tops: list[float], bottoms: list[float], cuts: Mapping[int, list[Wire]],
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


def _page(root: Frame, places: Grid, sheets: Sheets, cuts: list[tuple[int, list[Wire]]]) -> Page:
    ends = [*(row + 1 for row, _ in cuts), len(places.rows)]
    columns: list[Column] = []
    x, start = 0.0, 0
    for end in ends:
        sheet = arrange(root, places, sheets, range(start, end))
        columns.append(Column(sheet, x, 0.0))
        x += sheet.room.width + APART
        start = end
    for at, (_, wires) in enumerate(cuts):
        columns[at].onward = [
            (wire, _onward(places.routes[wire], wire, columns[at], columns[at + 1], sheets)) for wire in wires
        ]
    height = max(column.sheet.room.height for column in columns) + (26 if cuts else 0)
    return Page(columns, sheets, x - APART, height)


def _onward(route: list[Cell], wire: Wire, here: Column, there: Column, sheets: Sheets) -> list[Point]:
    """Down, to the lane between the columns, up, and down to where the wire goes on."""
    x, y = _end(route[0], wire.source, here, sheets, upper=True)
    to_x, to_y = _end(route[-1], wire.target, there, sheets, upper=False)
    lane = there.x - APART / 2
    low = here.y + here.sheet.room.height + 22
    return [(x, y), (x, low), (lane, low), (lane, to_y - 16), (to_x, to_y - 16), (to_x, to_y)]


def _end(cell: Cell, end: object, column: Column, sheets: Sheets, *, upper: bool) -> Point:
    what = cell.what
    assert not isinstance(what, (Port, tuple))
    x, y, wide, high = column.sheet.places[what]
    across = sheets[what].ports[end] if isinstance(what, Frame) and what in sheets and isinstance(end, Port) else wide / 2
    return column.x + x + across, column.y + y + (high if upper else 0.0)
