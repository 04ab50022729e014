"""Columns over several lines: the `=` of binds, and comments at the ends of lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from netc.grammar.layout.documents import WIDTH, Row

APART = 16
"""How much longer than the shortest the longest of some names may be, for their `=` to stand in a column."""

BEFORE_COMMENT = 2


def lines_of(rows: Sequence[Row]) -> Iterator[str]:
    """The lines of a text, without their ends."""
    for run in _runs(rows):
        _align(run)
    columns = _comment_columns(rows)
    for row, column in zip(rows, columns, strict=True):
        if row.blank:
            yield ""
        line = " " * row.indent + row.text
        yield f"{line:<{column}}{row.comment}" if row.comment else line.rstrip(" ")


def _runs(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Binds on neighbouring lines of one body."""
    run: list[Row] = []
    for row in rows:
        joins = run and row.equals is not None and row.indent == run[0].indent and not row.blank
        if not joins:
            yield run
            run = []
        if row.equals is not None:
            run.append(row)
    yield run


def _align(run: Sequence[Row]) -> None:
    """Put the `=` of a run below each other, where all its lines stay short enough."""
    places = [row.equals or 0 for row in run]
    column = max(places, default=0)
    if not places or column - min(places) > APART:
        return
    if any(row.indent + len(row.text) + column - place > WIDTH for row, place in zip(run, places, strict=True)):
        return
    for row, place in zip(run, places, strict=True):
        row.text = row.text[:place] + " " * (column - place) + row.text[place:]


def _comment_columns(rows: Sequence[Row]) -> list[int]:
    """Where the comment of each row begins: below each other on neighbouring lines of one body."""
    columns = [0] * len(rows)
    starts = [
        at for at, row in enumerate(rows) if row.blank or row.remark or row.indent != rows[at - 1].indent or not at
    ]
    for start, stop in pairwise([*starts, len(rows)]):
        noted = [at for at in range(start, stop) if rows[at].comment]
        for at in noted:
            columns[at] = rows[at].indent + len(rows[at].text) + BEFORE_COMMENT
        together: list[int] = []
        while len(noted) != len(together):
            together, common = noted, max((columns[at] for at in noted), default=0)
            noted = [at for at in together if common + len(rows[at].comment) <= WIDTH]
        for at in together:
            columns[at] = common
    return columns
