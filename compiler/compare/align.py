"""Which elements of two sequences belong together: the best-scored alignment, with few gaps (Gotoh 1982)."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

import numpy as np

Pair = tuple[int | None, int | None]
Score = Callable[[int, int], int]

OPEN = 3
"""What a gap costs, however long it is: whole blocks come and go rather than a layer here and there."""

NEVER = -(2**28)
UP, LEFT, UP_GOES_ON, LEFT_GOES_ON = 1, 2, 4, 8


def align(before: Sequence[Hashable], after: Sequence[Hashable], score: Score) -> list[Pair]:
    """Pairs of places in the order of both; one is None where an element has no partner.

    before, after  what the elements are: equal ones are scored alike
    score          how well the elements at two places belong together; 0 where they don't

    Equal beginnings and ends are paired at once. The rest takes time and a byte of memory for each pair of places.
    """
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    middle = _middle(before[start : len(before) - end], after[start : len(after) - end], start, score)
    tail = [(len(before) - back, len(after) - back) for back in range(end, 0, -1)]
    return [*((at, at) for at in range(start)), *middle, *tail]


def _middle(before: Sequence[Hashable], after: Sequence[Hashable], start: int, score: Score) -> list[Pair]:
    rows, columns = len(before), len(after)
    kinds, places = _kinds(before), _kinds(after)
    scores = np.full((len(kinds), len(places)), NEVER, np.int32)
    for row, first in enumerate(kinds.values()):
        for column, second in enumerate(places.values()):
            found = score(start + first, start + second)
            scores[row, column] = found if found > 0 else NEVER
    row_of = {kind: at for at, kind in enumerate(kinds)}
    column_of = {kind: at for at, kind in enumerate(places)}
    across = np.array([column_of[kind] for kind in after], np.intp)
    moves = np.zeros((rows + 1, columns + 1), np.uint8)
    best = np.full(columns + 1, -OPEN, np.int32)
    best[0] = 0
    moves[0, 1:] = LEFT | LEFT_GOES_ON
    up = np.full(columns + 1, NEVER, np.int32)
    for row, kind in enumerate(before, 1):
        goes_on = up >= best - OPEN
        up = np.where(goes_on, up, best - OPEN)
        matched = np.full(columns + 1, NEVER, np.int32)
        matched[1:] = best[:-1] + scores[row_of[kind]][across]
        reached = np.maximum(matched, up)
        left = np.full(columns + 1, NEVER, np.int32)
        left[1:] = np.maximum.accumulate(reached[:-1]) - OPEN
        left_goes_on = np.zeros(columns + 1, bool)
        left_goes_on[2:] = left[2:] == left[1:-1]
        best = np.maximum(reached, left)
        moves[row] = np.where(best == left, LEFT, np.where(best == up, UP, 0))
        moves[row] |= goes_on * np.uint8(UP_GOES_ON) | left_goes_on * np.uint8(LEFT_GOES_ON)
    return [(a if a is None else a + start, b if b is None else b + start) for a, b in _traced(moves)]


def _kinds(elements: Sequence[Hashable]) -> dict[Hashable, int]:
    """Every different element, with the first place where it stands."""
    found: dict[Hashable, int] = {}
    for place, element in enumerate(elements):
        found.setdefault(element, place)
    return found


def _traced(moves: np.ndarray[tuple[int, int], np.dtype[np.uint8]]) -> list[Pair]:
    """The path through the table, from its end."""
    row, column = moves.shape[0] - 1, moves.shape[1] - 1
    pairs: list[Pair] = []
    state = 0
    while row or column:
        move = int(moves[row, column])
        state = state or (LEFT if row == 0 else UP if column == 0 else move & (UP | LEFT))
        if state == UP:
            row -= 1
            pairs.append((row, None))
            state = UP if move & UP_GOES_ON and row else 0
        elif state == LEFT:
            column -= 1
            pairs.append((None, column))
            state = LEFT if move & LEFT_GOES_ON and column else 0
        else:
            row, column = row - 1, column - 1
            pairs.append((row, column))
    return pairs[::-1]


def slid(
    pairs: Sequence[Pair], before: Sequence[Hashable], after: Sequence[Hashable], cut: Callable[[int, int], int]
) -> list[Pair]:
    """The same with each gap moved, among the places where it is as good, to the one of the lowest `cut`.

    cut  how bad it is that a gap begins at a place: side (0 or 1) and place
    """
    result = list(pairs)
    at = 0
    while at < len(result):
        side = 0 if result[at][1] is None else 1 if result[at][0] is None else None
        if side is None:
            at += 1
            continue
        end = at
        while end < len(result) and result[end][1 - side] is None:
            end += 1
        at = _slide(result, at, end, side, (before, after), cut)
    return result


def _slide(
    pairs: list[Pair], start: int, end: int, side: int, elements: tuple[Sequence[Hashable], Sequence[Hashable]],
    cut: Callable[[int, int], int],
) -> int:  # fmt: skip
    """Move one gap, `pairs[start:end]`; the place behind it."""
    own = elements[side]
    length = end - start
    first = _place(pairs[start], side)
    low = 0
    while start + low > 0:
        partner = pairs[start + low - 1]
        if None in partner or own[first + low - 1] != own[first + low - 1 + length]:
            break
        low -= 1
    high = 0
    while end + high < len(pairs):
        partner = pairs[end + high]
        if None in partner or own[first + high] != own[first + high + length]:
            break
        high += 1
    shift = min(range(low, high + 1), key=lambda by: (cut(side, first + by), -by))
    block = pairs[start + min(shift, 0) : end + max(shift, 0)]
    own_places = [place for pair in block if (place := pair[side]) is not None]
    others = [pair[1 - side] for pair in block if pair[1 - side] is not None]
    keep = max(shift, 0) if shift > 0 else 0
    partners = [*others[:keep], *[None] * length, *others[keep:]]
    new = [(mine, other) if side == 0 else (other, mine) for mine, other in zip(own_places, partners, strict=True)]
    pairs[start + min(shift, 0) : end + max(shift, 0)] = new
    return end + max(shift, 0)


def _place(pair: Pair, side: int) -> int:
    place = pair[side]
    assert place is not None
    return place
