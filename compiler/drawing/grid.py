"""Where things stand in a frame: a row and columns for each, after Sugiyama et al. 1981.

Rows are longest paths from above; a wire that passes rows has a bend in each. What stands where in its row is decided
by barycentres (the order with the fewest crossings is kept), columns by alignment as in Brandes and Köpf 2001: bends of
a wire stand below each other, what follows alone stands below what it follows. Whole columns instead of coordinates let
a page of HTML lay out the same grid.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from netc.compiler.drawing.model import Box, End, Frame, Item, Port, Wire

SWEEPS = 8
NEVER = 4
FAR = 3
"""A box without weights whose value passes as many rows is part of a side road."""


@dataclass(eq=False, slots=True)
class Cell:
    """A place in the grid, in one row and some columns.

    what  a box, a frame, a port on the edge, or the wires that bend here
    at    its number in its row;  above, below: the cells in the next rows that it is wired to
    skip  on a side road: what is wired to it doesn't stand below it
    """

    what: Item | Port | tuple[Wire, ...]
    row: int = 0
    first: int = 0
    last: int = 0
    at: int = 0
    above: list[Cell] = field(default_factory=list)
    below: list[Cell] = field(default_factory=list)
    skip: bool = False

    @property
    def bend(self) -> bool:
        """Whether it is a bend of a wire."""
        return isinstance(self.what, tuple)


@dataclass(eq=False, slots=True)
class Grid:
    """The cells of a frame by rows, from left to right, and the cells that each wire goes through, from above on."""

    rows: list[list[Cell]]
    routes: dict[Wire, list[Cell]]
    columns: int

    def cells(self) -> list[Cell]:
        """All of them, row by row."""
        return [cell for row in self.rows for cell in row]


def grid(frame: Frame) -> Grid:
    """The places of what is in a frame."""
    cells: dict[int, Cell] = {}
    order: list[Cell] = []
    for what in (*frame.entries, *frame.items, *frame.exits):
        cell = cells[id(what)] = Cell(what)
        order.append(cell)
    links = [_link(wire, frame, cells) for wire in frame.wires]
    _rank(order, links)
    routes = _routes(frame.wires, links)
    rows: list[list[Cell]] = [[] for _ in range(max((cell.row for cell in order), default=-1) + 1)]
    seen: set[int] = set()
    for cell in [*order, *(cell for route in routes.values() for cell in route)]:
        if id(cell) not in seen:
            seen.add(id(cell))
            rows[cell.row].append(cell)
    _order(rows)
    columns = _columns(rows)
    return Grid(rows, routes, columns)


def holder(end: End, frame: Frame) -> Item | Port:
    """What an end of a wire belongs to in a frame: itself, or the frame in it whose port it is."""
    return end.frame if isinstance(end, Port) and end.frame is not frame else end


def _link(wire: Wire, frame: Frame, cells: dict[int, Cell]) -> tuple[Cell, Cell]:
    """The ends of a wire, the upper one first: a state that goes back is drawn from below."""
    a, b = (cells[id(holder(end, frame))] for end in (wire.source, wire.target))
    if wire.back and not isinstance(b.what, Port):
        return b, a
    return a, b


# ------------------------------------------------------------ rows
def _rank(order: Sequence[Cell], links: Sequence[tuple[Cell, Cell]]) -> None:
    """Longest paths; what nothing flows into stands right above what it flows into, exits stand last."""
    below: dict[int, list[Cell]] = {}
    above: dict[int, list[Cell]] = {}
    for a, b in links:
        below.setdefault(id(a), []).append(b)
        above.setdefault(id(b), []).append(a)
    ports = any(isinstance(cell.what, Port) and not cell.what.out for cell in order)
    for cell in order:
        entry = isinstance(cell.what, Port) and not cell.what.out
        cell.row = 0 if entry else max((one.row + 1 for one in above.get(id(cell), ())), default=int(ports))
    last = max((cell.row for cell in order), default=0)
    for cell in order:
        if isinstance(cell.what, Port) and cell.what.out:
            cell.row = max(last, 1 + max((c.row for c in order if not isinstance(c.what, Port)), default=0))
    loose: set[int] = set()
    for cell in order:
        free = not isinstance(cell.what, Port) and id(cell) in below
        if free and all(id(one) in loose for one in above.get(id(cell), ())):
            loose.add(id(cell))
    for cell in reversed(order):
        if id(cell) in loose:
            cell.row = max(cell.row, min(one.row for one in below[id(cell)]) - 1)


def _routes(wires: Sequence[Wire], links: Sequence[tuple[Cell, Cell]]) -> dict[Wire, list[Cell]]:
    """The cells of each wire; wires of one value that go the same way bend in the same cells."""
    shared: dict[tuple[int, int], list[Cell]] = {}
    groups: dict[tuple[int, int], list[Wire]] = {}
    routes: dict[Wire, list[Cell]] = {}
    for wire, (_, b) in zip(wires, links, strict=True):
        groups.setdefault((id(wire.source), id(b)), []).append(wire)
    for wire, (a, b) in zip(wires, links, strict=True):
        key = (id(wire.source), id(b))
        if key not in shared:
            bends = [Cell(tuple(groups[key]), row) for row in range(a.row + 1, b.row)]
            shared[key] = [a, *bends, b]
            for upper, lower in zip(shared[key], shared[key][1:], strict=False):
                upper.below.append(lower)
                lower.above.append(upper)
        routes[wire] = shared[key]
    for route in shared.values():
        a, *bends, _ = route
        far = len(bends) >= FAR and isinstance(a.what, Box) and a.what.layers and not a.what.cost.params
        aside = len(a.below) > 1 or far
        for cell in [a, *bends] if far and len(a.below) == 1 else bends:
            cell.skip = bool(aside)
    return routes


# ------------------------------------------------------------ order in a row
def _order(rows: list[list[Cell]]) -> None:
    """Sort each row, to and fro, by where the neighbours of its cells stand; keep the order with fewest crossings."""
    for row in rows:
        row.sort(key=lambda cell: cell.bend)  # wires that pass stand at the right, where nothing else decides
        _number(row)
    best, fewest = [list(row) for row in rows], _crossings(rows)
    for sweep in range(SWEEPS):
        if fewest == 0:
            break
        down = sweep % 2 == 0
        for row in rows if down else reversed(rows):
            places = {id(cell): _mean(cell.above if down else cell.below, cell.at) for cell in row}
            row.sort(key=lambda cell: (places[id(cell)], cell.bend))
            _number(row)
        crossings = _crossings(rows)
        if crossings < fewest:
            best, fewest = [list(row) for row in rows], crossings
    for row, kept in zip(rows, best, strict=True):
        row[:] = kept
        _number(row)


def _number(row: Sequence[Cell]) -> None:
    for at, cell in enumerate(row):
        cell.at = at


def _mean(cells: Sequence[Cell], otherwise: float) -> float:
    return sum(cell.at for cell in cells) / len(cells) if cells else otherwise


def _crossings(rows: Sequence[Sequence[Cell]]) -> int:
    """How many pairs of wires cross between neighbouring rows."""
    found = 0
    for row in rows:
        ends: list[int] = []
        for cell in row:
            lower = sorted(one.at for one in cell.below)
            found += sum(len(ends) - bisect_left(ends, at + 1) for at in lower)
            for at in lower:
                insort(ends, at)
    return found


# ------------------------------------------------------------ columns
def _columns(rows: Sequence[Sequence[Cell]]) -> int:
    """Give every cell its columns; returns how many there are."""
    block = _align(rows)
    _compact(rows, block)
    _span(rows, block)
    return max((cell.last + 1 for row in rows for cell in row), default=0)


def _align(rows: Sequence[Sequence[Cell]]) -> dict[int, list[Cell]]:
    """What stands below each other: the cells of each block, by each of its cells."""
    block: dict[int, list[Cell]] = {id(cell): [cell] for row in rows for cell in row}
    for row in rows:
        taken: list[tuple[int, int]] = []
        used: set[int] = set()
        pairs = [(upper, lower) for upper in row for lower in dict.fromkeys(upper.below)]
        for upper, lower in sorted(pairs, key=_reluctance):
            if _reluctance((upper, lower)) == NEVER or id(upper) in used or id(lower) in used:
                continue
            at = bisect_left(taken, (upper.at, lower.at))
            if (at and taken[at - 1][1] > lower.at) or (at < len(taken) and taken[at][1] < lower.at):
                continue
            insort(taken, (upper.at, lower.at))
            used |= {id(upper), id(lower)}
            joined = block[id(upper)]
            joined += block[id(lower)]
            for cell in block[id(lower)]:
                block[id(cell)] = joined
    return block


def _reluctance(pair: tuple[Cell, Cell]) -> int:
    """Which pairs are aligned first: bends of a wire, then what has each other alone, then the middle of several.

    Side roads come last, and NEVER is where several have no middle.
    """
    upper, lower = pair
    if upper.bend and lower.bend:
        return 0
    if upper.skip or lower.skip:
        return 3
    below, above = _main(upper.below), _main(lower.above)
    if len(below) == len(above) == 1:
        return 1
    middle = 2 * below.index(lower) + 1 == len(below) and 2 * above.index(upper) + 1 == len(above)
    return 2 if middle else NEVER


def _main(cells: Sequence[Cell]) -> list[Cell]:
    return [cell for cell in cells if not cell.skip]


def _compact(rows: Sequence[Sequence[Cell]], block: dict[int, list[Cell]]) -> None:
    """The columns of blocks, as far to the left as their neighbours allow, then nearer to what they are wired to."""
    left: dict[int, dict[int, None]] = {}
    right: dict[int, dict[int, None]] = {}
    known = {id(cells): cells for cells in block.values()}
    for row in rows:
        for a, b in pairwise(row):
            left.setdefault(id(block[id(b)]), {})[id(block[id(a)])] = None
            right.setdefault(id(block[id(a)]), {})[id(block[id(b)])] = None
    column: dict[int, int] = {}
    waiting = {key: len(left.get(key, ())) for key in known}
    ready = [key for key, count in waiting.items() if not count]
    ordered: list[int] = []
    while ready:
        key = ready.pop()
        ordered.append(key)
        column[key] = max((column[one] + 1 for one in left.get(key, ())), default=0)
        for one in right.get(key, ()):
            waiting[one] -= 1
            if not waiting[one]:
                ready.append(one)
    widest = max(column.values(), default=0)
    for key in reversed(ordered):
        room = min((column[one] - 1 for one in right.get(key, ())), default=widest)
        wired = [column[id(block[id(one)])] for cell in known[key] for one in (*cell.above, *cell.below)
                 if block[id(one)] is not known[key]]  # fmt: skip
        if wired and room > column[key]:
            column[key] = max(column[key], min(room, sorted(wired)[len(wired) // 2]))
    for key, cells in known.items():
        for cell in cells:
            cell.first = cell.last = column[key]


def _span(rows: Sequence[Sequence[Cell]], block: dict[int, list[Cell]]) -> None:
    """Where wires part or meet, stand in the middle of all of them, if that place is free."""
    for cells in {id(cells): cells for cells in block.values()}.values():
        for wired in (_main(cells[0].above), _main(cells[-1].below)):
            if len(wired) < 2:
                continue
            first, last = min(one.first for one in wired), max(one.last for one in wired)
            first, last = min(first, cells[0].first), max(last, cells[0].last)
            if all(_free(rows[cell.row], cell, first, last) for cell in cells):
                for cell in cells:
                    cell.first, cell.last = first, last


def _free(row: Sequence[Cell], cell: Cell, first: int, last: int) -> bool:
    before = row[cell.at - 1].last if cell.at else -1
    after = row[cell.at + 1].first if cell.at + 1 < len(row) else last + 1
    return before < first and last < after
