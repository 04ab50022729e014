"""What may stand behind a dot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netc.compiler.elaborate.loader import STANDARD
from netc.compiler.elaborate.scope import Scope
from netc.compiler.language_service.applied import shape_of
from netc.compiler.language_service.around import Around
from netc.compiler.language_service.completion.item import Item
from netc.compiler.language_service.symbols import resolve
from netc.compiler.language_service.workspace import Analysis
from netc.grammar.lexer import Token

ATTRIBUTES = {
    "shape": "sizes of an example, a list", "channels": "size of axis 0", "height": "size of axis 1",
    "width": "size of axis 2", "length": "size of axis 0", "features": "size of the last axis",
}  # fmt: skip


def members(analysis: Analysis, place: Around) -> Iterator[Item]:
    """Modules of the standard library, layers of a block, what a tensor has of its own."""
    path = _path(place.line)
    if path[:1] == ["std"] or (place.line and place.line[0].kind == "USE"):
        yield from (
            Item(file.stem, "module", "of the standard library", rank=1) for file in sorted(STANDARD.glob("*.net"))
        )
        return
    if not path:
        return
    names = resolve(analysis)
    symbol = None
    for body in [*names.bodies.values(), names.top]:
        symbol = body.own.get(path[0]) or symbol
    for work in analysis.known:
        ref = work.frame.env.names.get(path[0]) if work.frame is not None else None
        members = getattr(getattr(ref.value, "scope", None), "members", {}) if ref is not None else {}
        for step in path[1:]:
            members = getattr(getattr(members.get(step), "scope", members.get(step)), "members", {})
        for name, value in members.items():
            inner = shape_of(value) or ("part" if isinstance(value, Scope) else "")
            yield Item(name, "value", inner, rank=1)
    for name, says in ATTRIBUTES.items():
        yield Item(name, "attribute", says, rank=2)


def _path(tokens: Sequence[Token]) -> list[str]:
    """The dotted path that ends with the last dot."""
    found: list[str] = []
    for token in reversed(tokens):
        if token.kind == "NAME":
            found.insert(0, token.text)
        elif token.kind != "DOT":
            break
    return found
