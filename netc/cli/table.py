"""The summary as a table: rich on terminals, plain text elsewhere, Markdown on request."""

from __future__ import annotations

import re
import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

import click

from netc.cli.terminal import use_color
from netc.compiler.facts.count import memory
from netc.compiler.facts.summary import number
from netc.compiler.net import Net

HEADS = ("layer (type)", "output shape", "params", "connected to")
NARROWEST = 80


def draw_summary(net: Net, found: dict[str, Any], batch: int | None, markdown: bool) -> None:
    """Print the table and the totals on stdout."""
    rows = [_row(layer) for layer in found["layers"]]
    rows[:0] = [(f"{port['name']} (input)", _shape(port["shape"]), "0", "") for port in found["inputs"]]
    lines = [_title(net), *totals_lines(net, found, batch)]
    if markdown:
        click.echo(_markdown(rows, lines), nl=False)
    elif sys.stdout.isatty():
        _rich(rows, lines)
    else:
        click.echo("\n".join([textwrap.fill(lines[0], NARROWEST), "", *_plain(rows, NARROWEST), "", *lines[1:]]))


def totals_lines(net: Net, found: dict[str, Any], batch: int | None) -> list[str]:
    """What stands under the table: parameters, cost of one example, memory of a training step."""
    totals = found["totals"]
    split = (
        "all trainable" if not totals["frozen"] else f"{totals['trainable']:,} trainable, {totals['frozen']:,} frozen"
    )
    buffers = f"; {totals['buffers']:,} buffers" if totals["buffers"] else ""
    lines = [
        f"parameters   {totals['params']:,} ({size(4 * totals['params'])}), {split}{buffers}",
        f"FLOPs        {count(totals['flops'])} multiply-accumulates an example",
        f"activations  {count(totals['activations'])} numbers an example",
    ]
    examples = batch or (net.plans[0].batch if net.plans else 32)
    needed = number(memory(net, examples).total)
    lines.append(f"memory       about {size(needed)} for a training step of {examples} examples")
    extra = [layer for layer in net.layers if layer.training_only]
    if extra:
        lines.append(f"training     {len(extra)} more layers exist in training alone")
    return lines


def count(number: int | str) -> str:
    """`1,234,567`; a symbolic number as it is."""
    return f"{number:,}" if isinstance(number, int) else number


def size(number: int | str) -> str:
    """Bytes in a unit that a human reads; a symbolic number as it is."""
    if isinstance(number, str):
        return f"{number} bytes"
    amount: float = number
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 1000 or unit == "GB":
            break
        amount /= 1000
    return f"{number:,} bytes" if unit == "bytes" else f"{amount:.1f} {unit}"


def _title(net: Net) -> str:
    settings = ", ".join(f"{name} = {value}" for name, value in net.settings.items())
    return f"{net.name}" + (f"({settings})" if settings else "") + (f": {net.label}" if net.label else "")


def _shape(sizes: Iterable[int | str]) -> str:
    words = [str(size) if str(size).isalnum() else f"({size})" for size in sizes]
    return "x".join(words) or "scalar"


def _row(layer: dict[str, Any]) -> tuple[str, str, str, str]:
    return (
        f"{layer['name']} ({layer['type']})",
        _shape(layer["output_shape"]),
        f"{layer['params']:,}",
        ", ".join(layer["inputs"]),
    )


def _plain(rows: Sequence[tuple[str, ...]], width: int) -> list[str]:
    """Columns with spaces between; cells that are too long go on in the next line."""
    columns = [[head, *(row[i] for row in rows)] for i, head in enumerate(HEADS)]
    widths = [max(map(len, column)) for column in columns]
    spare = width - widths[1] - widths[2] - 6
    widths[0] = min(widths[0], max(spare - widths[3], spare * 3 // 5))
    widths[3] = min(widths[3], spare - widths[0])
    lines = []
    for row in (HEADS, *rows):
        cells = [_wrapped(cell, limit) for cell, limit in zip(row, widths, strict=True)]
        for i in range(max(map(len, cells))):
            name, shape, params, sources = (cell[i] if i < len(cell) else "" for cell in cells)
            line = f"{name:<{widths[0]}}  {shape:<{widths[1]}}  {params:>{widths[2]}}  {sources}"
            lines.append(line.rstrip())
        if row is HEADS:
            lines.append("-" * min(width, sum(widths) + 6))
    return lines


def _wrapped(cell: str, width: int) -> list[str]:
    """Lines of at most `width`, broken after spaces, and after dots where a word alone is too long."""
    lines = [""]
    for piece in (part for word in re.findall(r"\S+\s*", cell) for part in _pieces(word, width - 2)):
        if len((lines[-1] + piece).rstrip()) <= width:
            lines[-1] += piece
        else:
            lines.append(f"  {piece}")
    return [line.rstrip() for line in lines]


def _pieces(word: str, width: int) -> list[str]:
    if len(word.rstrip()) <= width:
        return [word]
    parts = re.findall(r"[^.]+\.?", word)
    return [part[at : at + width] for part in parts for at in range(0, len(part), width)]


def _markdown(rows: Sequence[tuple[str, ...]], lines: Sequence[str]) -> str:
    table = [" | ".join(HEADS), "---|---|---:|---", *(" | ".join(row) for row in rows)]
    below = [f"- {' '.join(line.split())}" for line in lines[1:]]
    return "\n".join([f"### {lines[0]}", "", *(f"| {row} |" for row in table), "", *below]) + "\n"


def _rich(rows: Sequence[tuple[str, ...]], lines: Sequence[str]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    colored = use_color(sys.stdout)
    console = Console(
        no_color=not colored, force_terminal=colored or None, highlight=False, width=shutil.get_terminal_size().columns
    )
    table = Table(title=Text(lines[0]), title_justify="left", header_style="bold")
    for head in HEADS:
        table.add_column(
            head,
            justify="right" if head == "params" else "left",
            no_wrap=head in ("output shape", "params"),
            overflow="fold",
        )
    for name, shape, params, sources in rows:
        table.add_row(Text(name), Text(shape), Text(params), Text(sources, style="dim"))
    console.print(table)
    for line in lines[1:]:
        console.print(Text(line))
