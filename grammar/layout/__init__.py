"""One layout for every text: `netc fmt`.

It moves tokens and comments and changes none, but for the comma behind a last item. What a text says stays the same,
and is compared before it is handed out.
"""

from __future__ import annotations

from netc.grammar import ast
from netc.grammar.deep import deep
from netc.grammar.diagnostics import Diagnostic
from netc.grammar.layout.arrange import remarks, statement
from netc.grammar.layout.columns import lines_of
from netc.grammar.layout.documents import Row, rows_of
from netc.grammar.layout.pieces import Piece, gather
from netc.grammar.lexer import Lexer
from netc.grammar.newlines import Layout
from netc.grammar.parse import parse
from netc.grammar.source import Source
from netc.grammar.tables import load
from netc.grammar.walk import said


def laid_out(text: str, file: str) -> tuple[str, list[Diagnostic]]:
    """A text in the one layout; as it was, with the findings, where its syntax is wrong."""
    with deep():
        tree, found = parse(text, file)
        return (text, found) if found else (arranged(tree), [])


def arranged(tree: ast.File) -> str:
    """The text of a tree without mistakes, in the one layout. Lines end as its first one does."""
    text, name = tree.source, tree.span.file
    with deep():
        source = Source(name, text)
        lexed = Lexer(source, load()).run()
        items, end = gather(source, Layout(source, lexed).run(), lexed.comments)
        rows = _rows(items)
        if end.before:
            below = rows_of(remarks(end.before, False))
            below[0].blank = bool(rows) and (end.before[0].blank or _stands_apart(items[-1], rows))
            rows += below
        newline = "\r\n" if "\r\n" in text[: text.find("\n") + 1] else "\n"
        result = "".join(line + newline for line in lines_of(rows))
        again, found = parse(result, name)
        if found or said(again) != said(tree):
            raise RuntimeError(f"the layout of {name} would say something else")
    return result


def _rows(items: list[list[Piece]]) -> list[Row]:
    """The lines of a file. An empty one stands around nets and blocks, and wherever there was one."""
    rows: list[Row] = []
    apart = False
    for pieces in items:
        first = pieces[0].first
        notes, first.before = first.before, []
        item = rows_of(statement(pieces))
        above = rows_of(remarks(notes, False))
        item[0].blank = bool(notes) and first.blank
        before, apart = apart, _stands_apart(pieces, item)
        blank = before or apart or (notes[0].blank if notes else first.blank)
        (above or item)[0].blank = bool(rows) and blank
        rows += above + item
    return rows


def _stands_apart(pieces: list[Piece], rows: list[Row]) -> bool:
    return pieces[0].first.kind in ("BLOCK", "NET", "TRAIN") and rows[-1].text == "}"
