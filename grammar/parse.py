"""Text to syntax tree, piece by piece."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache

from netc.grammar import ast
from netc.grammar.automaton import Automaton
from netc.grammar.diagnostics import Diagnostic, Label, in_reading_order
from netc.grammar.lexer import ENOUGH, Lexer, Token, TooManyError
from netc.grammar.limits import FILE, LINE
from netc.grammar.newlines import Layout
from netc.grammar.opening import clipped
from netc.grammar.pieces import Piece, cut
from netc.grammar.same_cause import words_folded
from netc.grammar.source import Source
from netc.grammar.syntax_errors import OUTSIDE
from netc.grammar.tables import Tables, load
from netc.grammar.trojan import directions
from netc.grammar.tuples import read_as_lists

MOST = 50
"""Findings of one file: a text with more is no .net file."""

Result = tuple[ast.File, list[Diagnostic]]
"""The tree of a text, and what is wrong with it."""


def parse(source: str, file: str) -> Result:
    """The tree of a text and the findings about it, in reading order. What could not be parsed is left out."""
    source = source.removeprefix("\ufeff")
    text = Source(file, source)
    too_large = _too_large(text)
    if too_large is not None:
        return ast.File(text.span(0, 0), (), (), ""), [too_large]
    parts: list[Parsed] = []
    found = 0
    for piece in cut(source):
        parts.append(parse_piece(piece, file, piece.line))
        found += len(parts[-1].findings)
        if found > ENOUGH:
            break
    return joined(parts, source, file)


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a piece holds: items, comments, tokens as the lexer sees them, and findings in the order of their making."""

    items: tuple[ast.Item, ...]
    comments: tuple[ast.Comment, ...]
    tokens: tuple[Token, ...]
    findings: tuple[Diagnostic, ...]


def parse_piece(piece: Piece, file: str, line: int) -> Parsed:
    """Parse one piece as the lines of a file from `line` on."""
    text, tables = Source(file, piece.text, line), _tables()
    lexer = Lexer(text, tables)
    lexed = lexer.result
    items: tuple[ast.Item, ...] = ()
    seen: tuple[Token, ...] = ()
    with suppress(TooManyError):
        lexer.run()
        seen = tuple(lexed.tokens)
        read_as_lists(text, lexed)
        lexed.findings.extend(directions(text, set(lexed.doubtful)))
        items = Automaton(text, tables, lexed, Layout(text, lexed, piece).run()).run()
    return Parsed(items, tuple(lexed.comments), seen, tuple(lexed.findings))


def joined(parts: Sequence[Parsed], source: str, file: str) -> Result:
    """The file that pieces make, and what there is to say about it."""
    items = tuple(item for part in parts for item in part.items)
    comments = tuple(comment for part in parts for comment in part.comments)
    findings = [finding for part in parts for finding in part.findings]
    outside = [finding for finding in findings if finding.message.endswith(OUTSIDE)]
    told = [finding for finding in findings if finding not in outside[1:]] if len(outside) > 1 else findings
    told = words_folded(in_reading_order(told))
    return ast.File(Source(file, source).span(0, len(source)), items, comments, source), _first(told)


def tokens(source: str, file: str) -> list[Token]:
    """The tokens of a text as they stand there, newlines that end no statement among them."""
    return Lexer(Source(file, source), _tables()).run().tokens


def _too_large(text: Source) -> Diagnostic | None:
    """The finding about a text, or a line of it, that is longer than any that people write."""
    if len(text.text) > FILE.value:
        message = f"{clipped(text.file)} has {FILE.shown(len(text.text))}"
        return FILE.finding(
            message, Label(text.span(0, 0)), help="give a .net file, which people write", asked=len(text.text)
        )
    if len(text.text) <= (most := LINE.value):
        return None
    number = next((number for number in range(1, text.lines + 1) if text.width(number) > most), None)
    if number is None:
        return None
    start = text.start(number)
    message = f"line {number} has {LINE.shown(text.width(number))}"
    return LINE.finding(message, Label(text.span(start, start + 1)), help="break the line", asked=text.width(number))


def _first(findings: list[Diagnostic]) -> list[Diagnostic]:
    """At most MOST findings, the last of them with a note of how many are left out."""
    if len(findings) <= MOST:
        return findings
    least = "at least " if len(findings) > ENOUGH else ""
    note = f"{least}{len(findings) - MOST} more syntax errors follow"
    return [*findings[: MOST - 1], replace(findings[MOST - 1], notes=(*findings[MOST - 1].notes, note))]


@cache
def _tables() -> Tables:
    return load()
