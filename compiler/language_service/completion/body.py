"""What may stand in nets and blocks: statements, layers, values."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.elaborate.expects import CALLS, COUNTS
from netc.compiler.language_service.around import Around
from netc.compiler.language_service.completion.arguments import arguments, takes_static_value
from netc.compiler.language_service.completion.item import Item
from netc.compiler.language_service.completion.names import layers_in_sight, static_values, values
from netc.compiler.language_service.completion.snippets import SNIPPETS
from netc.compiler.language_service.symbols import resolve
from netc.compiler.language_service.workspace import Analysis
from netc.grammar.words import meaning

STATEMENTS = ("if", "for", "repeat", "frozen", "train only", "shared", "expect", "output", "scan")


def in_body(analysis: Analysis, place: Around) -> Iterator[Item]:
    """Statements where one begins; else values, layers, and the arguments of a call."""
    call = place.open[-1] if place.open and place.open[-1].kind == "LPAR" else None
    if call is not None and call.callee:
        yield from arguments(analysis, place, call)
    if place.last == "ARROW":
        yield from layers_in_sight(analysis, rank=2)
        yield from _bound_layers(analysis, place)
        return
    if call is not None and takes_static_value(analysis, place, call):
        yield from static_values(analysis, place)
        return
    yield from values(analysis, place)
    if not place.line and place.open[-1].kind == "LBRACE":
        yield from _statements(place)
    elif place.line and place.line[0].kind == "EXPECT":
        for word in (*COUNTS, *CALLS):
            yield Item(word, "function", "counted over the net or block", meaning(word) or "", rank=2)


def _statements(place: Around) -> Iterator[Item]:
    for word in STATEMENTS:
        yield Item(word, "keyword", "", meaning(word.split()[0]) or "", SNIPPETS.get(word, word), 4)
    directly = place.item is not None and place.item is place.open[-1] and place.item.head == "NET"
    if directly and not any("input" in each.given for each in place.open):
        yield Item("input", "keyword", "", meaning("input") or "", "input ${1:image}: ${2:3x32x32}", 1)


def _bound_layers(analysis: Analysis, place: Around) -> Iterator[Item]:
    kinds = {symbol.name for symbol in resolve(analysis).symbols if symbol.kind in ("parameter", "shared")}
    yield from (Item(name, "value", "a layer in sight", rank=1) for name in place.names if name in kinds)
