"""Names in a train section: values of the net, fields of the data, and paths in strings."""

from __future__ import annotations

import re
from collections.abc import Callable

from netc.compiler.language_service.symbols.symbol import Names, Symbol, inside_of
from netc.grammar import ast
from netc.grammar.diagnostics import Span
from netc.grammar.walk import children

PATTERN_SETTINGS = frozenset(
    ("freeze", "unfreeze", "trains", "rates", "l1", "l2", "decays", "adapt", "follow", "init", "initializers")
)
"""Settings whose strings are paths of the net."""


class Section:
    """The settings of one train section.

    top     the names of the file
    inside  the names of the net that it trains, None where the file has no such net
    read    notes the names that an expression reads
    give    makes a name
    """

    def __init__(
        self,
        top: Names,
        inside: Names | None,
        read: Callable[[ast.Syntax, Names], None],
        give: Callable[[Names, str, str, Span], Symbol],
    ) -> None:
        self.top = top
        self.inside = inside
        self.names = Names(inside or top)
        self._read = read
        self._give = give

    def read(self, body: ast.Body) -> None:
        """Read a body of settings, and the steps in it."""
        for statement in body.statements:
            if isinstance(statement, ast.Step):
                self.read(statement.body)
            elif isinstance(statement, ast.Bind):
                word = statement.targets[0].id
                if word in ("loss", "metrics"):
                    self._compared(statement.value)
                elif word in PATTERN_SETTINGS and self.inside is not None:
                    self._patterns(statement.value, self.inside)
                    self._read(statement.value, self.top)
                else:
                    self._read(statement.value, self.top)

    def _compared(self, node: ast.Syntax) -> None:
        """Losses and metrics: names are values of the net, else fields of the data."""
        match node:
            case ast.Name(id=name):
                symbol = self.names.find(name)
                if symbol is None or symbol.kind in ("net", "block", "used"):
                    self._give(self.names, "field", name, node.span)
                else:
                    symbol.references.append(node.span)
            case ast.Attribute():
                self._read(node, self.names)
            case ast.Call():
                for argument in node.arguments:
                    self._compared(argument.value)
            case ast.List(items=items):
                for item in items:
                    if not isinstance(item, ast.Name):  # a bare metric
                        self._compared(item)
            case ast.Table(entries=entries):
                for _, value in entries:
                    self._compared(value)
            case ast.Flow() | ast.Binary() | ast.Unary() | ast.Conditional():
                for child in children(node):
                    self._compared(child)

    def _patterns(self, node: ast.Syntax, inside: Names) -> None:
        """Strings in a setting are paths of the net."""
        stack = [node]
        while stack:
            found = stack.pop()
            if isinstance(found, ast.String):
                self._path(found, inside)
            elif isinstance(found, ast.Table):
                stack += [key for key, _ in found.entries] + [value for _, value in found.entries]
            elif not isinstance(found, ast.Call) or (
                isinstance(found.function, ast.Name) and found.function.id == "copy"
            ):
                stack += children(found)

    def _path(self, node: ast.String, inside: Names) -> None:
        if node.span.line != node.span.end_line or len(node.value) != node.span.end_column - node.span.column - 2:
            return  # with escapes, letters are not where they seem
        for part in re.finditer(r"(?:^|\.\.)([A-Za-z_]\w*)((?:\.(?!\.)\w+)*)", node.value):
            names: Names | None = inside
            at = part.start(1)
            for word in (part.group(1) + part.group(2)).split("."):
                symbol = names.own.get(word) if names is not None else None
                if symbol is None:
                    break
                start = node.span.column + 1 + at
                symbol.references.append(Span(node.span.file, node.span.line, start, node.span.line, start + len(word)))
                at += len(word) + 1
                names = inside_of(symbol)
