"""A difference as lines to read: what stayed is one line, parts that came or went are one each, like ones together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from netc.compiler.compare.difference import Difference, Match, Status
from netc.compiler.compare.layers import Layer
from netc.compiler.compare.terms import Unit, units, what_differs
from netc.compiler.facts.count import receptive_field
from netc.compiler.facts.table import count
from netc.compiler.ir import Size, format_shape
from netc.grammar.counted import counted

SIGNS = {
    Status.REWIRED: "~",
    Status.CHANGED: "~",
    Status.REMOVED: "-",
    Status.ADDED: "+",
}
HEADS = ("", "layer", "shape", "params", "FLOPs", "activations", "field", "what differs")
MANY = 1000
"""Layers of both networks from which on receptive fields are left out: each is a walk through a network."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line: cells as in HEADS; `quiet` where nothing differs."""

    cells: tuple[str, ...]
    quiet: bool


def rows_of(difference: Difference) -> Iterator[Row]:
    """The lines in the order in which the networks run."""
    show = _fields(difference)
    for (status, word, params, whole), group in groupby(units(difference.matches), _like):
        found = list(group)
        if status in (Status.SAME, Status.RENAMED):
            yield _quiet(status, found)
        elif whole and len(found) > 1:
            yield _row(
                found,
                f"{found[0].name} … {found[-1].name} ({len(found)} × {word})",
                f"{counted(abs(params), 'parameter')} each",
                show,
            )
        else:
            for unit in found:
                told = what_differs(unit.matches[0]) if status is Status.CHANGED else str(status)
                yield _row([unit], f"{unit.name} ({unit.word})", told, show)


def _like(unit: Unit) -> tuple[Status, str, int, bool]:
    if unit.status in (Status.SAME, Status.RENAMED):
        return unit.status, "", 0, False
    return unit.status, unit.word, unit.params, unit.whole


def _quiet(status: Status, found: Sequence[Unit]) -> Row:
    layers = counted(sum(len(unit.matches) for unit in found), "layer")
    if status is Status.SAME:
        return Row((" ", f"{layers} as before", "", "", "", "", "", ""), True)
    names = found[0].name if len(found) == 1 else f"{found[0].name}, …"
    return Row((" ", f"{layers} under other names", "", "", "", "", "", names), True)


def _row(found: Sequence[Unit], name: str, told: str, show: Callable[[Layer], str]) -> Row:
    matches = [match for unit in found for match in unit.matches]
    before = [match.before for match in matches if match.before is not None]
    after = [match.after for match in matches if match.after is not None]

    def cell(of: Callable[[list[Layer]], str]) -> str:
        old, new = of(before) if before else None, of(after) if after else None
        return (new if old is None else old if new is None or old == new else f"{old} → {new}") or ""

    cells = (
        cell(lambda side: format_shape(side[-1].shape)),
        cell(lambda side: count(sum(layer.params for layer in side))),
        cell(lambda side: _counted(layer.flops for layer in side)),
        cell(lambda side: _counted(layer.activations for layer in side)),
        cell(lambda side: show(side[-1])),
    )
    return Row((SIGNS[found[0].status], name, *cells, told), False)


def _counted(sizes: Iterator[Size]) -> str:
    total: Size = 0
    for size in sizes:
        total = total + size
    return count(total if isinstance(total, int) else str(total))


def _fields(difference: Difference) -> Callable[[Layer], str]:
    """What says the receptive field of a layer; nothing where the networks are large."""
    if sum(map(len, difference.layers)) > MANY:
        return lambda layer: ""
    sides = zip((difference.before, difference.after), difference.layers, strict=True)
    inputs = {id(layer): net.inputs for net, layers in sides for layer in layers}
    return lambda layer: field_of(receptive_field(layer.instance.outputs[0], inputs[id(layer)]))


def field_of(sizes: Sequence[Size]) -> str:
    """A receptive field as one writes it."""
    return format_shape(tuple(sizes)) if sizes else ""


def sums(matches: Sequence[Match], before: int, after: int, params: Sequence[int]) -> str:
    """`60,000 + 900 - 44 + 850 = 61,706`."""
    assert before + sum(params) == after == before + sum(match.params for match in matches)
    return f"{before:,}" + "".join(f" {'+' if term > 0 else '-'} {abs(term):,}" for term in params) + f" = {after:,}"
