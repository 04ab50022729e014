"""Names in sight: values with their shapes, static values and functions, layers."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.elaborate.static import FUNCTIONS
from netc.compiler.language_service.applied import shape_of
from netc.compiler.language_service.around import Around
from netc.compiler.language_service.callables import (
    Callable,
    documented,
    of_declaration,
    of_written,
)
from netc.compiler.language_service.completion.item import Item
from netc.compiler.language_service.symbols import resolve
from netc.compiler.language_service.workspace import Analysis
from netc.compiler.layers.base import layer as layers
from netc.grammar.words import meaning


def statics(analysis: Analysis) -> Iterator[Item]:
    """The static values of the file."""
    for name in dict.fromkeys(analysis.module.binds):
        yield Item(name, "static", "static value", rank=2)


def values(analysis: Analysis, place: Around) -> Iterator[Item]:
    """Names in sight, static functions, and layers."""
    known = shapes(analysis)
    for name in place.names:
        yield Item(name, "value", known.get(name, ""), rank=1)
    if place.item is not None and place.item.head in ("NET", "BLOCK"):
        yield Item("in", "keyword", "what entered the nearest braces", meaning("in") or "", rank=3)
    yield from statics(analysis)
    yield from layers_in_sight(analysis, rank=3)
    if place.line or place.open[-1].kind != "LBRACE":
        yield from _functions()


def static_values(analysis: Analysis, place: Around) -> Iterator[Item]:
    """What a number or a word may be worked out of: names in sight but tensors, and static functions."""
    known = shapes(analysis)
    inputs = {symbol.name for symbol in resolve(analysis).symbols if symbol.kind in ("input", "state")}
    for name in place.names:
        if not known.get(name) and name not in inputs:
            yield Item(name, "value", rank=1)
    yield from statics(analysis)
    yield from _functions()


def _functions() -> Iterator[Item]:
    for name in FUNCTIONS:
        yield Item(name, "function", "function of static values", meaning(name) or "", rank=6)


def shapes(analysis: Analysis) -> dict[str, str]:
    """Shapes of names, where a net knows them."""
    found: dict[str, str] = {}
    for work in analysis.known:
        if work.frame is not None:
            for name, ref in work.frame.env.names.items():
                found.setdefault(name, shape_of(ref.value))
    return found


def layers_in_sight(analysis: Analysis, rank: int) -> Iterator[Item]:
    """Blocks and nets of the file, then built-in layers."""
    for written in analysis.module.layers.values():
        made = of_written(written)
        if made is not None:
            yield called_item(made, rank - 1)
    for definition in layers.all().values():
        yield called_item(of_declaration(definition, "layer"), rank)


def called_item(item: Callable, rank: int) -> Item:
    """A call whose required arguments are to be filled in."""
    required = [each.name for each in item.parameters if each.default is None and each.name != "…"]
    given = ", ".join(f"${{{at}:{name}}}" for at, name in enumerate(required, 1))
    if item.spread:
        given = given or "${1:skip}"
    insert = f"{item.word}({given})" if given else item.word
    return Item(item.word, item.kind, item.signature, documented(item), insert, rank)
