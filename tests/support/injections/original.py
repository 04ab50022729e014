"""A file before anything is wrong with it: its tree, its tokens, its nets, and changed copies of its text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from netc.compiler.applications import LayerInstance
from netc.compiler.check import check
from netc.compiler.language_service.vocabulary import vocabulary
from netc.grammar import ast
from netc.grammar.diagnostics import Span
from netc.grammar.lexer import Token
from netc.grammar.parse import tokens
from netc.grammar.source import Source
from netc.grammar.walk import walk
from tests.support.injections.mutation import Mutation

Site = TypeVar("Site")
Node = TypeVar("Node", bound=ast.Syntax)


class Original:
    """An example without findings, from which mutations are made.

    most  how many places of a kind are taken, evenly from the first to the last; None takes all
    """

    def __init__(self, path: Path, most: int | None = 3) -> None:
        self.path, self.most = path, most
        self.text = path.read_text("utf-8")
        result = check(str(path), self.text)
        assert not result.diagnostics, f"{path} has findings before anything was changed"
        self.tree, self.nets = result.file, result.nets
        self.source = Source(str(path), self.text)

    @cached_property
    def tokens(self) -> list[Token]:
        """Tokens as they stand in the text, newlines included."""
        return tokens(self.text, str(self.path))

    @cached_property
    def words(self) -> frozenset[str]:
        """Every word that means something here: the language's, and all names of the file."""
        known = {word for words in vocabulary().values() for word in words}
        return frozenset(known | {token.text for token in self.tokens if token.kind == "NAME"})

    @cached_property
    def layers(self) -> dict[Span, list[LayerInstance]]:
        """Every application of a layer that this file writes, by its place in the text."""
        found: dict[Span, list[LayerInstance]] = {}
        for net in self.nets:
            for layer in net.layers:
                if layer.span.file == self.source.file:
                    found.setdefault(layer.span, []).append(layer)
        return found

    def nodes(self, kind: type[Node]) -> Iterator[Node]:
        """Every node of a kind in the tree."""
        return (node for node in walk(self.tree) if isinstance(node, kind))

    def said(self, node: ast.Syntax | Span) -> str:
        """How a node is written."""
        return self.source.between(node if isinstance(node, Span) else node.span)

    def some(self, sites: Iterable[Site]) -> Sequence[Site]:
        """Places that lie evenly among all of a kind."""
        found = list(sites)
        if self.most is None or len(found) <= self.most:
            return found
        return [found[at * len(found) // self.most] for at in range(self.most)]

    def changed(
        self,
        kind: str,
        edits: Sequence[tuple[Span | tuple[int, int], str]],
        codes: str,
        *hints: str,
        lines: Iterable[int] = (),
        beside: Mapping[str, str] | None = None,
    ) -> Mutation:
        """The text with these places replaced.

        codes  those that fit, with spaces between them
        lines  where the mistake may be told, unless it is the lines of the first edit
        """
        places = [(self.source.offsets(at) if isinstance(at, Span) else at, new) for at, new in edits]
        (start, end), new = places[0]
        first = self.source.place(start)[0]
        told = frozenset(lines) or frozenset(range(first, max(self.source.place(end)[0], first + new.count("\n")) + 1))
        text = self.text
        for (start, end), new in sorted(places, reverse=True):
            text = text[:start] + new + text[end:]
        return Mutation(kind, text, told, frozenset(codes.split()), hints, beside or {})
