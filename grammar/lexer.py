"""Text to tokens and comments. What is no token becomes a finding and, where its meaning is plain, the token meant."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from netc.grammar.ast import Comment
from netc.grammar.confusions import DOUBLED, LOOKALIKES, NOWHERE
from netc.grammar.diagnostics import Diagnostic, Edit, Fix, Label
from netc.grammar.source import Source
from netc.grammar.tables import Tables
from netc.grammar.trojan import named

QUOTES = "'`‘’“”„«»"
COMPARISONS = frozenset(("EQUAL", "NOT_EQUAL", "LESS", "LESS_EQUAL", "GREATER", "GREATER_EQUAL"))
TRUTH = frozenset(["IF", "EXPECT", "NOT", "AND", "OR", "TRUE", "FALSE", *COMPARISONS])
WORD = re.compile(r"\w+")
ENOUGH = 1000
"""Syntax errors after which a text is read no further."""
RUN = re.compile(r"[\w]+(?:\.[0-9]\w*)?")


class Token(NamedTuple):
    """A token of the source, from `start` up to `end`; `made` ones stand in no text: a repair put them there."""

    kind: str
    text: str
    start: int
    end: int
    made: bool = False


@dataclass(slots=True)
class Lexed:
    """The lexer's product. The later steps add their findings to it."""

    tokens: list[Token] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    findings: list[Diagnostic] = field(default_factory=list)
    doubtful: list[int] = field(default_factory=list)  # offsets of findings: the parser says nothing more about them

    def report(self, finding: Diagnostic) -> None:
        """Add a finding; raises TooManyError past ENOUGH of them."""
        self.findings.append(finding)
        if len(self.findings) > ENOUGH:
            raise TooManyError


class TooManyError(Exception):
    """A text has so many mistakes that reading on tells nobody anything."""


class Lexer:
    """Cuts one text into tokens, `$END` last. Newlines and `;` are SEP tokens here; `layout` sorts them out."""

    def __init__(self, source: Source, tables: Tables) -> None:
        self.source = source
        self.tables = tables
        self.result = Lexed()
        self.pattern = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in tables.terminals))

    def run(self) -> Lexed:
        """Tokens, comments and findings of the whole text."""
        text, match, tokens = self.source.text, self.pattern.match, self.result.tokens
        keywords, ignored = self.tables.keywords, self.tables.ignored
        wordlike = {"NUMBER", "SHAPE", "NAME", *keywords.values()}
        position = 0
        while position < len(text):
            found = match(text, position)
            if found is None:
                position = self._stranger(position)
                continue
            kind, start, position = str(found.lastgroup), position, found.end()
            if kind in ignored:
                if kind == "COMMENT":
                    self.result.comments.append(Comment(self.source.span(start, position), found.group()))
                continue
            if kind == "NAME":
                kind = keywords.get(found.group(), kind)
            if kind in wordlike and position < len(text) and (text[position].isalnum() or text[position] == "_"):
                position = self._run_on(kind, start)
                continue
            tokens.append(Token(kind, text[start:position], start, position))
        tokens.append(Token("$END", "", len(text), len(text)))
        return self.result

    def _run_on(self, kind: str, start: int) -> int:
        """A number or a word that runs into other letters or digits, as in `3xHxW`, `12abc`, `größe`, `1٣`."""
        run = RUN.match(self.source.text, start)
        assert run is not None
        text, end = run.group(), run.end()
        if kind in ("NUMBER", "SHAPE"):
            if re.fullmatch(r"[0-9]+(x[A-Za-wyz0-9]+)+", text):
                sizes = ", ".join(text.split("x"))
                fix = self._fix(start, end, f"[{sizes}]", "write the shape as a list")
                self._report(
                    "E103",
                    f"`{text}` is no shape: `3x3` takes numbers alone",
                    start,
                    end,
                    fix=fix,
                    help=f"write a shape with names as a list: `[{sizes}]`",
                )
            elif not text.isascii():
                self._report("E103", f"`{text}` is no number", start, end, help="write numbers with the digits 0 to 9")
            else:
                self._report(
                    "E103",
                    f"`{text}` is neither a number nor a name",
                    start,
                    end,
                    help="start a name with a letter; the units are k M G T, kB MB GB TB, KiB MiB GiB TiB, us ms s",
                )
            self.result.tokens.append(Token("NUMBER", "0", start, end))
            return end
        return self._word(start)

    def _word(self, start: int) -> int:
        run = WORD.match(self.source.text, start)
        assert run is not None
        self._report(
            "E101",
            f"the name `{run.group()}` has letters outside a-z",
            start,
            run.end(),
            help="write names with the letters a-z, A-Z, the digits 0-9 and `_`",
        )
        self.result.tokens.append(Token("NAME", run.group(), start, run.end()))
        return run.end()

    def _stranger(self, start: int) -> int:
        """Something that begins no token: report it, give what is meant, and say where to go on."""
        text = self.source.text
        character = text[start]
        if character == '"' or character in QUOTES:
            return self._quoted(start, character)
        if character.isdigit():
            run = WORD.match(text, start)
            end = run.end() if run else start + 1
            self._report(
                "E103", f"`{text[start:end]}` is no number", start, end, help="write numbers with the digits 0 to 9"
            )
            self.result.tokens.append(Token("NUMBER", "0", start, end))
            return end
        if character.isalpha():
            return self._word(start)
        end = start + 2 if text[start : start + 2] in DOUBLED else start + 1
        written = text[start:end]
        meant, kind = LOOKALIKES.get(DOUBLED.get(written, written), (None, None))
        if meant == "*" and text[start - 1 : start].isdigit() and text[end : end + 1].isdigit():
            meant = "x"  # 3×3 is a shape
        if written == "|" and not self._compares():
            meant, kind = "->", "ARROW"
        if meant is not None and kind is not None:
            fix = self._fix(start, end, meant, f"write `{meant}`")
            self._report(
                "E101", f"`{written}` is no sign of the language", start, end, help=f"write `{meant}`", fix=fix
            )
            self.result.tokens.append(Token(kind, ";" if kind == "SEP" else meant, start, end))
            return end
        while end < len(text) and text[end] == character:
            end += 1
        if character == "\ufffd":
            return end  # unreadable bytes have been reported by whoever read them
        if character.isprintable() and not character.isspace():
            self._report(
                "E101",
                f"`{character}` is no sign of the language",
                start,
                end,
                help=NOWHERE.get(character, "remove it; a comment starts with `#`"),
            )
        else:
            inside = _in_a_word(text, start, end) and not character.isspace()
            meant, help = ("", "remove it") if inside else (" ", "replace it by a space")
            self._report(
                "E101",
                f"there is an invisible character here: U+{ord(character):04X}, {named(character)}",
                start,
                end,
                help=help,
                fix=self._fix(start, end, meant, help),
            )
        return end

    def _compares(self) -> bool:
        """Whether the statement up to here speaks of truth, where `|` is `or`; elsewhere it is the arrow of a shell."""
        for token in reversed(self.result.tokens):
            if token.kind in ("SEP", "LBRACE", "RBRACE"):
                return False
            if token.kind in TRUTH:
                return True
        return False

    def _quoted(self, start: int, quote: str) -> int:
        """A string without its end, or in quotes of another kind."""
        text = self.source.text
        line_end = re.compile(r"[\r\n]|\Z").search(text, start)
        stop = line_end.start() if line_end else len(text)
        closing = {"“": "”", "„": "“”", "«": "»", "‘": "’"}.get(quote, quote)
        close = next((i for i in range(start + 1, stop) if text[i] in closing), None) if quote != '"' else None
        if close is not None:
            content = text[start + 1 : close].replace('"', "'")
            self._report(
                "E102",
                f'a string stands in `"`, not in `{quote}`',
                start,
                close + 1,
                help='write it in `"`',
                fix=self._fix(start, close + 1, f'"{content}"', "change the quotes"),
            )
            self.result.tokens.append(Token("STRING", f'"{content}"', start, close + 1))
            return close + 1
        if quote != '"':
            self._report(
                "E102",
                f"`{quote}` opens nothing",
                start,
                start + 1,
                help='write a string in `"`, and a comment after `#`',
            )
            return start + 1
        inside = re.split(r"[,;()\[\]{}]", text[start + 1 : stop], maxsplit=1)[0]
        stop = start + 1 + len(inside.rstrip())  # what closes around the string still does
        self._report("E102", "the string does not end on its line", start, stop, help='close it with `"`')
        self.result.tokens.append(Token("STRING", '""', start, stop))
        return stop

    def _fix(self, start: int, end: int, text: str, title: str) -> Fix:
        return Fix(title, (Edit(self.source.span(start, end), text),))

    def _report(self, code: str, message: str, start: int, end: int, *, help: str, fix: Fix | None = None) -> None:
        self.result.doubtful.append(start)
        label = Label(self.source.span(start, end))
        self.result.report(Diagnostic(code, message, label, help=help, fix=fix))


def _in_a_word(text: str, start: int, end: int) -> bool:
    """Whether letters, digits or underscores stand before and behind."""
    return bool(re.match(r"\w\w", text[start - 1 : start] + text[end : end + 1]))
