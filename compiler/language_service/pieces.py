"""The pieces of texts, parsed once each: a piece is a file of its own; where it stands is looked up when it matters.

So a line that is put in at the top moves everything below it without touching a tree, a net or a finding.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import count

from netc.compiler.elaborate.module import words_of
from netc.grammar import ast
from netc.grammar.diagnostics import Diagnostic, Edit, Fix, Label, Span
from netc.grammar.parse import Parsed, joined, parse_piece
from netc.grammar.pieces import Piece, cut
from netc.grammar.source import Source

KEPT = 20
"""For how many texts a piece is kept that none of them has: those who undo come back."""


@dataclass(slots=True)
class Part:
    """A piece that was parsed: as lines of the file `name` from 1 on, which is no file but this piece.

    words  item -> the names that it reads, and the keys of its tables
    used   when a text had it last
    """

    name: str
    source: Source
    parsed: Parsed
    words: dict[int, tuple[frozenset[str], frozenset[str]]] = field(default_factory=dict)
    used: int = 0


@dataclass(frozen=True, slots=True)
class Placed:
    """A part in a text: it begins on the line `line`."""

    part: Part
    line: int


class Text:
    """One state of a file's text, in parts; `path` is what findings call it."""

    def __init__(self, path: str, text: str, placed: list[Placed]) -> None:
        self.path = path
        self.text = text
        self.placed = placed
        self.source = Source(path, text)
        self._starts = [each.line for each in placed]

    def at(self, line: int) -> Placed | None:
        """The part that holds a line."""
        index = bisect_right(self._starts, line) - 1
        return self.placed[index] if index >= 0 else None

    def inner(self, span: Span) -> Span:
        """A span of the file as its part has it."""
        held = self.at(span.line)
        if held is None:
            return span
        moved = held.line - 1
        return Span(held.part.name, span.line - moved, span.column, span.end_line - moved, span.end_column)


class Pieces:
    """All parts that are known, and where those of the present texts stand."""

    def __init__(self) -> None:
        self.parsed = 0
        self._known: dict[tuple[str, str, str, bool, int], Part] = {}
        self._names = count()
        self._now = 0
        self._holder: dict[str, Part] = {}
        self._items: dict[int, Part] = {}

    def parse(self, path: str, text: str) -> tuple[Text, ast.File, list[Diagnostic]]:
        """A text in parts, its tree, and what there is to say about its syntax, at places of the file."""
        self._now += 1
        placed: list[Placed] = []
        seen: dict[Piece, int] = {}
        for piece in cut(text):
            key = replace(piece, line=0)
            number = seen[key] = seen.get(key, -1) + 1
            placed.append(Placed(self._part(path, piece, number), piece.line))
        whole = Text(path, text, placed)
        places = {each.part.name: (path, each.line - 1) for each in placed}
        parts = [_at_its_place(each.part.parsed, places) for each in placed]
        file, findings = joined(parts, text, path)
        items = tuple(item for each in placed for item in each.part.parsed.items)
        return whole, replace(file, items=items), findings

    def _part(self, path: str, piece: Piece, number: int) -> Part:
        key = (path, piece.text, piece.follows, piece.last, number)
        part = self._known.get(key)
        if part is None:
            name = f"{path}\0{next(self._names)}"
            part = Part(name, Source(name, piece.text), parse_piece(piece, name, 1))
            self._known[key] = part
            self._holder[name] = part
            self._items.update((id(item), part) for item in part.parsed.items)
            self.parsed += 1
        part.used = self._now
        return part

    def source(self, span: Span) -> Source:
        """The text of the piece that a span is in."""
        return self._holder[span.file].source

    def words(self, item: ast.Item) -> tuple[frozenset[str], frozenset[str]]:
        """The names that an item reads, and the keys of its tables."""
        part = self._items[id(item)]
        if id(item) not in part.words:
            part.words[id(item)] = words_of(item)
        return part.words[id(item)]

    def forget(self) -> None:
        """Drop what no text had for a while."""
        for key, part in list(self._known.items()):
            if part.used < self._now - KEPT:
                del self._known[key], self._holder[part.name]
                for item in part.parsed.items:
                    del self._items[id(item)]


Places = dict[str, tuple[str, int]]
"""The name of a part -> the file that it stands in, and how many lines stand above it."""


def placed(span: Span, places: Places) -> Span:
    """A span of a part as the file has it."""
    found = places.get(span.file)
    if found is None:
        return span
    path, above = found
    return Span(path, span.line + above, span.column, span.end_line + above, span.end_column)


def moved(finding: Diagnostic, places: Places) -> Diagnostic:
    """A finding at places of the file."""
    return relocated(finding, lambda span: placed(span, places))


def relocated(finding: Diagnostic, place: Callable[[Span], Span]) -> Diagnostic:
    """A finding with other places."""

    def label(old: Label) -> Label:
        return Label(place(old.span), old.message)

    fix = finding.fix
    if fix is not None:
        fix = Fix(fix.title, tuple(Edit(place(edit.span), edit.text) for edit in fix.edits))
    primary = None if finding.primary is None else label(finding.primary)
    return replace(finding, primary=primary, secondary=tuple(map(label, finding.secondary)), fix=fix)


def _at_its_place(parsed: Parsed, places: Places) -> Parsed:
    """The comments and findings of a part as the file has them; trees stay as they are."""
    comments = tuple(ast.Comment(placed(comment.span, places), comment.text) for comment in parsed.comments)
    return Parsed((), comments, (), tuple(moved(found, places) for found in parsed.findings))
