"""`(3, 3)` where other languages write a tuple: read as the list that it means, and reported."""

from __future__ import annotations

from collections.abc import Sequence

from netc.grammar.diagnostics import Diagnostic, Edit, Fix, Label
from netc.grammar.lexer import Lexed, Token
from netc.grammar.source import Source

BEFORE = frozenset(("LPAR", "LSQB", "COMMA", "BINDS", "COLON"))
"""What stands in front of a value: behind anything else, `(` opens a call's arguments or groups one value."""
OPENERS, CLOSERS = frozenset(("LPAR", "LSQB")), frozenset(("RPAR", "RSQB"))


def read_as_lists(source: Source, lexed: Lexed) -> None:
    """Put brackets in the place of parentheses that hold several values; the repair is taken as done."""
    tokens = lexed.tokens
    for at, token in enumerate(tokens):
        if token.kind != "LPAR" or not at or tokens[at - 1].kind not in BEFORE:
            continue
        found = _tuple(tokens, at)
        if found is None:
            continue
        comma, end = found
        tokens[at] = Token("LSQB", "[", token.start, token.end)
        closer = tokens[end]
        tokens[end] = Token("RSQB", "]", closer.start, closer.end)
        edits = (Edit(source.span(token.start, token.end), "["), Edit(source.span(closer.start, closer.end), "]"))
        lexed.report(
            Diagnostic(
                "E115",
                "parentheses hold one value here, not several",
                Label(source.span(tokens[comma].start, tokens[comma].end)),
                help="write a list: `[a, b]`",
                fix=Fix("write a list", edits, taken=True),
            )
        )


def _tuple(tokens: Sequence[Token], at: int) -> tuple[int, int] | None:
    """Where the first comma and the end of a tuple are; None where the parentheses are something else."""
    depth, comma = 0, 0
    for index in range(at, len(tokens)):
        kind = tokens[index].kind
        depth += (kind in OPENERS) - (kind in CLOSERS)
        if depth == 0:
            return (comma, index) if kind == "RPAR" and comma else None
        if kind in ("LBRACE", "RBRACE", "$END") or (depth == 1 and kind == "BINDS"):
            return None
        if kind == "COMMA" and depth == 1:
            comma = comma or index
    return None
