"""The summary as a table: rich on terminals, plain text elsewhere, Markdown on request."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from typing import Any

from netc.cli.streams import cleaned, own
from netc.cli.terminal import one_line, put, use_color
from netc.compiler.facts.table import NUMBERS, Row, cells_of, text_of, title_of, totals_lines
from netc.compiler.net import Net

LONG = 1000
"""Rows from which on a terminal gets plain text too: rich takes a millisecond for each."""


def draw_summary(net: Net, found: dict[str, Any], batch: int | None, markdown: bool) -> None:
    """Print the table and the totals on stdout."""
    table = cells_of(found)
    if not markdown and (not sys.stdout.isatty() or len(table) > LONG):
        put(text_of(net, found, batch) + "\n")
        return
    lines = [one_line(title_of(net)), *totals_lines(net, found, batch)]
    if markdown:
        put(_markdown(table, lines))
    else:
        _rich(table, lines)


def _markdown(table: Sequence[Row], lines: Sequence[str]) -> str:
    heads, *rows = ([cell.replace("\n", ", ") for cell in row] for row in table)
    rule = "|".join("---:" if head in NUMBERS else "---" for head in heads)
    drawn = [" | ".join(heads), rule, *(" | ".join(row) for row in rows)]
    below = [f"- {' '.join(line.split())}" for line in lines[1:]]
    return "\n".join([f"### {lines[0]}", "", *(f"| {row} |" for row in drawn), "", *below]) + "\n"


def _rich(table: Sequence[Row], lines: Sequence[str]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    colored = use_color(sys.stdout)
    width = shutil.get_terminal_size().columns
    console = Console(
        file=own(sys.stdout), no_color=not colored, force_terminal=colored or None, highlight=False, width=width
    )
    drawn = Table(title=Text(cleaned(lines[0])), title_justify="left", header_style="bold")
    heads, *rows = table
    for head in heads:
        drawn.add_column(
            head,
            justify="right" if head in NUMBERS else "left",
            no_wrap=head not in (heads[0], heads[-1]),
            overflow="fold",
        )
    for *cells, sources in rows:
        drawn.add_row(*map(Text, map(cleaned, cells)), Text(cleaned(sources), style="dim"))
    console.print(drawn)
    for line in lines[1:]:
        console.print(Text(cleaned(line)))
