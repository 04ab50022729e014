"""Figures of metrics as lines of text: one number, a row of them, or a table."""

from __future__ import annotations

from collections.abc import Sequence

from netc.compiler import Figure


def figure_lines(name: str, figure: Figure, width: int, classes: Sequence[str] | None) -> list[str]:
    """The lines of one metric; names are padded to `width`. Classes go by their names where as many are known."""
    if not isinstance(figure, list):
        return [f"{name:<{width}}  {figure:.4f}"]
    known = list(classes) if classes is not None and len(classes) == len(figure) else list(map(str, range(len(figure))))
    if not any(isinstance(item, list) for item in figure):
        return [f"{name:<{width}}  {called}  {value:.4f}" for called, value in zip(known, figure, strict=True)]
    rows = [[called, *(f"{value:,.6g}" for value in row)] for called, row in zip(known, figure, strict=True)]
    table = [["", *known], *rows]
    sizes = [max(len(row[at]) for row in table) for at in range(len(table[0]))]
    lines = ["  ".join(cell.rjust(size) for cell, size in zip(row, sizes, strict=True)) for row in table]
    return [f"{name:<{width}}  rows: labels, columns: predictions", *lines]
