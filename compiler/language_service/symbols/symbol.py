"""A name of a file, and the names of a pair of braces."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from netc.grammar import ast
from netc.grammar.diagnostics import Span


@dataclass(eq=False, slots=True)
class Symbol:
    """A name.

    kind         net, block, used, static, parameter, input, dimension, bind, shared, loop, state, field
    definitions  where it is given: a name that both branches of an `if` bind is one name
    references   where it is read
    whole        what is folded or shown with it: the item, the bind, the parameter
    value        what it is bound to, if it is
    inside       the names that are reached behind its dot
    """

    kind: str
    name: str
    definitions: list[Span]
    whole: ast.Syntax | None = None
    value: ast.Syntax | None = None
    references: list[Span] = field(default_factory=list)
    inside: Names | None = None
    called: Symbol | None = None

    def spans(self) -> Iterator[Span]:
        """Every place of the name."""
        yield from self.definitions
        yield from self.references


class Names:
    """The names of one pair of braces, those around them behind."""

    def __init__(self, outer: Names | None = None) -> None:
        self.outer = outer
        self.own: dict[str, Symbol] = {}

    def find(self, name: str) -> Symbol | None:
        """A name in sight."""
        names: Names | None = self
        while names is not None:
            if name in names.own:
                return names.own[name]
            names = names.outer
        return None


def inside_of(symbol: Symbol) -> Names | None:
    """The names behind a symbol's dot: of its own braces, else of the block that it applies."""
    if symbol.inside is not None and symbol.inside.own:
        return symbol.inside
    return symbol.called.inside if symbol.called is not None else symbol.inside


def begin_of(span: Span, name: str) -> Span:
    """The name at the beginning of a span."""
    return Span(span.file, span.line, span.column, span.line, span.column + len(name))


def end_of(span: Span, name: str) -> Span:
    """The name at the end of a span."""
    return Span(span.file, span.end_line, span.end_column - len(name), span.end_line, span.end_column)
