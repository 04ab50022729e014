"""Words and bodies of other languages at the start of a statement, with repairs: `import`, `def`, `if c:`."""

from __future__ import annotations

from netc.grammar.confusions import FOREIGN
from netc.grammar.diagnostics import Diagnostic, Edit, Fix, Span
from netc.grammar.lexer import Token
from netc.grammar.situation import Situation
from netc.grammar.source import Source


def foreign_word(s: Situation) -> Diagnostic | None:
    """A word that another language begins a statement with."""
    word = s.previous if s.previous.kind == "NAME" and s.previous.start == s.statement_start else s.token
    if word.text not in FOREIGN:
        return None
    continues = word is s.token and s.accepts("SEP", "NAME") and s.previous.kind == "RBRACE"
    if not continues and (word.start != s.statement_start or s.token.kind in ("BINDS", "SEP")):
        return None
    help = FOREIGN[word.text][0]
    return s.finding("E110", f"`{word.text}` is no word of the language", help, word, _repair(s, word))


def _repair(s: Situation, word: Token) -> Fix | None:
    _, instead = FOREIGN[word.text]
    line = s.source.place(word.start)[0]
    if instead is None:
        return None
    if instead == "" and word.text in ("import", "from"):
        end = len(s.source.line(line)) + 1
        return Fix("remove the line", (Edit(Span(s.source.file, line, 1, line, end), ""),))
    if instead == "":
        following = s.token if word is s.previous else s.following
        return Fix("leave it out", (Edit(s.source.span(word.start, following.start), ""),))
    edits = (Edit(s.span(word), instead),)
    if not opens_by_colon(s.source, line):
        return Fix(f"write `{instead}`", edits)
    if word.text == "class":
        return None  # what its methods compute is no body of a net
    colon = s.source.line(line).rstrip().rindex(":")
    body = braces(s.source, Span(s.source.file, line, colon + 1, line, colon + 2))
    return Fix(f"write `{instead}` and braces", edits + body) if body else None


def opens_by_colon(source: Source, line: int) -> bool:
    """Whether a line ends as one does that opens a body in Python."""
    return source.line(line).partition("#")[0].rstrip().endswith(":")


def braces(source: Source, colon: Span) -> tuple[Edit, ...]:
    """The edits that put a body in braces which is opened by `:`; none where there is no body."""
    text = source.line(colon.line)
    before = len(text[: colon.column - 1].rstrip())
    opening = Edit(Span(colon.file, colon.line, before + 1, colon.line, colon.column + 1), " {")
    behind = text[colon.column :]
    if behind.strip() and not behind.strip().startswith("#"):
        end = len(text.rstrip()) + 1
        return () if "#" in behind else (opening, Edit(Span(colon.file, colon.line, end, colon.line, end), " }"))
    last = last_of_body(source, colon.line)
    if last == colon.line:
        return ()
    end = len(source.line(last)) + 1
    closing = "\n" + " " * _indentation(text) + "}"
    return opening, Edit(Span(colon.file, last, end, last, end), closing)


def last_of_body(source: Source, line: int) -> int:
    """The last line that is indented further than the one in front of it all."""
    base, last = _indentation(source.line(line)), line
    for number in range(line + 1, source.lines + 1):
        text = source.line(number)
        if text.strip():
            if _indentation(text) <= base:
                break
            last = number
    return last


def _indentation(text: str) -> int:
    return len(text) - len(text.lstrip(" \t"))
