"""The summary of a network as a table of text, or of HTML for notebooks."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from netc.compiler.facts.count import memory
from netc.compiler.ir.open_sizes import in_words
from netc.grammar.counted import counted, size

if TYPE_CHECKING:
    from netc.compiler.net import Net

HEADS = ("layer (type)", "output shape", "params", "connected to")
FOLDED_HEADS = ("layer (type)", "output shape", "layers", "params", "connected to")
NUMBERS = ("layers", "params")
Row = tuple[str, ...]
NARROWEST = 80


def text_of(net: Net, found: Mapping[str, Any], batch: int | None) -> str:
    """The title, the table and the totals, 80 columns wide."""
    title = textwrap.fill(title_of(net), NARROWEST)
    costs = [_hanging(line) for line in totals_lines(net, found, batch)]
    return "\n".join([title, "", *plain_lines(cells_of(found), NARROWEST), "", *costs])


def _hanging(line: str) -> str:
    """What is said of the whole net; counts of several open sizes can need a second line."""
    return textwrap.fill(line, NARROWEST, subsequent_indent=" " * len("parameters   "), break_on_hyphens=False)


def html_of(net: Net, found: Mapping[str, Any], batch: int | None) -> str:
    """The same as HTML."""
    heads, *rows = cells_of(found)
    lines = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    top = "".join(f"<th>{escape(head)}</th>" for head in heads)
    below = escape("\n".join(totals_lines(net, found, batch)))
    title = f"<caption>{escape(title_of(net))}</caption>"
    return f"<table>{title}<thead><tr>{top}</tr></thead><tbody>{lines}</tbody></table><pre>{below}</pre>"


def totals_lines(net: Net, found: Mapping[str, Any], batch: int | None) -> list[str]:
    """What stands under the table: parameters, cost of one example, memory of a training step."""
    totals = found["totals"]
    split = (
        "all trainable" if not totals["frozen"] else f"{totals['trainable']:,} trainable, {totals['frozen']:,} frozen"
    )
    split += f" but for {totals['adapters']:,} in adapters" if "adapters" in totals else ""
    buffers = f"; {counted(totals['buffers'], 'buffer')}" if totals["buffers"] else ""
    lines = [
        f"parameters   {totals['params']:,} ({size(4 * totals['params'])}), {split}{buffers}",
        f"FLOPs        {count(totals['flops'])} multiply-accumulates an example",
        f"activations  {counted(count(totals['activations']), 'number')} an example",
    ]
    examples = batch or (net.plans[0].batch if net.plans else 32)
    total = memory(net, examples).total
    needed = total if isinstance(total, int) else str(total)
    lines.append(f"memory       about {size(needed)} for a training step of {counted(examples, 'example')}")
    if "sizes" in found:
        needs = ", ".join(f"{name} {in_words(needed)}" for name, needed in found["sizes"].items())
        lines.append(f"sizes        {needs}")
    extra = [layer for layer in net.layers if layer.training_only]
    if extra:
        lines.append(f"training     {counted(len(extra), 'more layer')} exist in training alone")
    return lines


def count(number: int | str) -> str:
    """`1,234,567`; a symbolic number as it is."""
    return f"{number:,}" if isinstance(number, int) else number


def title_of(net: Net) -> str:
    """`Digits(width = 16, classes = 10): a convolutional net`."""
    settings = ", ".join(f"{name} = {value}" for name, value in net.settings.items())
    return f"{net.name}" + (f"({settings})" if settings else "") + (f": {net.label}" if net.label else "")


def _shape(sizes: Iterable[int | str]) -> str:
    words = [str(size) if str(size).isalnum() else f"({size})" for size in sizes]
    return "x".join(words) or "scalar"


def cells_of(found: Mapping[str, Any]) -> list[Row]:
    """The heads and the rows of the table; a cell may have several lines."""
    inputs = [(f"{port['name']} (input)", _shape(port["shape"]), "0", "") for port in found["inputs"]]
    if "rows" not in found:
        return [HEADS, *inputs, *map(_layer, found["layers"])]
    return [FOLDED_HEADS, *((name, shape, "", *rest) for name, shape, *rest in inputs), *map(_part, found["rows"])]


def _layer(layer: Mapping[str, Any]) -> Row:
    return (
        f"{layer['name']} ({layer['type']})",
        _shape(layer["output_shape"]),
        f"{layer['params']:,}",
        ", ".join(layer["inputs"]),
    )


def _part(row: Mapping[str, Any]) -> Row:
    return (
        f"{row['name']} ({row['type']})",
        "\n".join(map(_shape, row["output_shapes"])),
        "" if row["kind"] == "layer" else f"{row['layers']:,}",
        f"{row['params']:,}",
        ", ".join(row["inputs"]),
    )


def plain_lines(table: Sequence[Row], width: int) -> list[str]:
    """Columns with spaces between; names and sources that are too long go on in the next line."""
    cells = [[cell.split("\n") for cell in row] for row in table]
    widths = [max(len(line) for row in cells for line in row[i]) for i in range(len(table[0]))]
    last = len(widths) - 1
    spare = width - sum(widths[1:last]) - 2 * last
    widths[0] = min(widths[0], max(spare - widths[last], spare * 3 // 5))
    widths[last] = min(widths[last], spare - widths[0])
    lines = []
    for row in cells:
        for i in (0, last):
            row[i] = _wrapped(row[i][0], widths[i])
        for i in range(max(map(len, row))):
            pieces = (cell[i] if i < len(cell) else "" for cell in row)
            line = "  ".join(map(_aligned, pieces, widths, table[0]))
            lines.append(line.rstrip())
        if row is cells[0]:
            lines.append("-" * min(width, sum(widths) + 2 * last))
    return lines


def _aligned(piece: str, width: int, head: str) -> str:
    return piece.rjust(width) if head in NUMBERS else piece.ljust(width)


def _wrapped(cell: str, width: int) -> list[str]:
    """Lines of at most `width`, broken after spaces, and after dots where a word alone is too long."""
    if len(cell) <= width:
        return [cell]
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
