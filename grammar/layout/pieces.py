"""The tokens of a text with the comments between them, gathered by brackets: what is laid out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from netc.grammar.ast import Comment
from netc.grammar.lexer import Token
from netc.grammar.newlines import ENDS, OPENERS
from netc.grammar.source import Source


@dataclass(frozen=True, slots=True)
class Note:
    """A comment's text, and whether an empty line stands before it."""

    text: str
    blank: bool


@dataclass(slots=True)
class Leaf:
    """A token.

    kind    as the parser has it; besides, NEGATIVE is the sign of a number and OF the `in` of a loop
    before  comments on lines of their own in front of it
    after   the comment that ends its line, if there is one
    blank   whether an empty line stands before it, behind the comments
    """

    kind: str
    text: str
    before: list[Note] = field(default_factory=list)
    after: str = ""
    blank: bool = False

    @property
    def first(self) -> Leaf:
        """The leaf itself, as the first of a bracket is its opening sign."""
        return self

    last = first


@dataclass(slots=True)
class Bracket:
    """`( … )` or `[ … ]` with its items; `commas` stand behind them, one fewer or as many.

    calls  whether it belongs to what stands before it: a call's arguments, an index
    """

    open: Leaf
    items: list[list[Piece]]
    commas: list[Leaf]
    close: Leaf
    calls: bool

    @property
    def first(self) -> Leaf:
        """The opening sign."""
        return self.open

    @property
    def last(self) -> Leaf:
        """The closing sign."""
        return self.close


@dataclass(slots=True)
class Braces:
    """`{ … }` with its statements; `opened` says that a line ends behind the `{`."""

    open: Leaf
    statements: list[list[Piece]]
    close: Leaf
    opened: bool

    @property
    def first(self) -> Leaf:
        """The opening sign."""
        return self.open

    @property
    def last(self) -> Leaf:
        """The closing sign."""
        return self.close


Piece = Leaf | Bracket | Braces


def gather(source: Source, tokens: list[Token], comments: Iterable[Comment]) -> tuple[list[list[Piece]], Leaf]:
    """The items of a file, and its end, which may have comments before it. The tokens are those of a correct text."""
    return _Gatherer(source, tokens, comments).file()


class _Gatherer:
    def __init__(self, source: Source, tokens: list[Token], comments: Iterable[Comment]) -> None:
        self.source = source
        self.lines: list[int] = []  # the line on which each leaf begins
        self.ends: list[int] = []
        self.leaves = self._leaves(tokens, comments)
        self.at = 0

    def _leaves(self, tokens: list[Token], comments: Iterable[Comment]) -> list[Leaf]:
        """Every token as a leaf; separators too, of which only the kind counts."""
        waiting = list(reversed(list(comments)))
        leaves: list[Leaf] = []
        last = 0  # the line on which the leaf before ends, or a comment behind it
        previous: Leaf | None = None
        for token in tokens:
            leaf = Leaf(_role(token, leaves), token.text)
            if token.kind != "SEP":
                start, end = self.source.place(token.start)[0], self.source.place(token.end)[0]
                while waiting and _starts_before(waiting[-1], self.source, token):
                    comment = waiting.pop()
                    line = comment.span.line
                    if previous is not None and line == last and not leaf.before and not previous.after:
                        previous.after = comment.text.rstrip()
                    else:
                        leaf.before.append(Note(comment.text.rstrip(), line > last + 1 and last > 0))
                    last = line
                leaf.blank = start > last + 1 and last > 0
                last, previous = end, leaf
            leaves.append(leaf)
            self.lines.append(self.source.place(token.start)[0])
            self.ends.append(last)
        return leaves

    def file(self) -> tuple[list[list[Piece]], Leaf]:
        items = list(self._statements("$END"))
        return items, self.leaves[self.at]

    def _statements(self, end: str) -> Iterator[list[Piece]]:
        while self.leaves[self.at].kind != end:
            if self.leaves[self.at].kind == "SEP":
                self.at += 1
            else:
                yield self._pieces(("SEP", end))

    def _pieces(self, ends: tuple[str, ...]) -> list[Piece]:
        """Pieces up to a leaf of one of some kinds."""
        found: list[Piece] = []
        while (kind := self.leaves[self.at].kind) not in ends:
            if kind not in OPENERS:
                found.append(self._next())
            elif kind == "LBRACE":
                found.append(self._braces())
            else:
                calls = bool(found) and found[-1].last.kind in ENDS
                found.append(self._bracket(OPENERS[kind], calls))
        return found

    def _next(self) -> Leaf:
        self.at += 1
        return self.leaves[self.at - 1]

    def _braces(self) -> Braces:
        opened = self.lines[self.at + 1] > self.ends[self.at]
        opening = self._next()
        statements = list(self._statements("RBRACE"))
        return Braces(opening, statements, self._next(), opened and bool(statements))

    def _bracket(self, end: str, calls: bool) -> Bracket:
        opening = self._next()
        items, commas = [], []
        while self.leaves[self.at].kind != end:
            items.append(self._pieces(("COMMA", end)))
            if self.leaves[self.at].kind == "COMMA":
                commas.append(self._next())
                _give_comments(commas[-1], items[-1][-1].last, self.leaves[self.at])
        return Bracket(opening, items, commas, self._next(), calls)


def _give_comments(comma: Leaf, item: Leaf, following: Leaf) -> None:
    """Comments around a comma belong to the item before it, or to what follows: a comma may come and go."""
    notes, comma.before = comma.before, []
    if comma.after and not item.after and not notes:
        item.after = comma.after
    elif comma.after:
        notes.append(Note(comma.after, False))
    comma.after = ""
    following.before[:0] = notes


def _starts_before(comment: Comment, source: Source, token: Token) -> bool:
    return (comment.span.line, comment.span.column) < source.place(token.start)


def _role(token: Token, before: list[Leaf]) -> str:
    """The kind of a token, or what it is where a kind stands for two things."""
    previous = before[-1].kind if before else "SEP"
    if token.kind == "MINUS" and previous not in ENDS:
        return "NEGATIVE"
    if token.kind == "IN" and previous == "NAME":
        return "OF"
    return token.kind
