"""Text to syntax tree: the LALR driver, and recovery at the next statement."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from netc.grammar import ast
from netc.grammar.builder import Builder, TooDeepError
from netc.grammar.diagnostics import Diagnostic, DiagnosticError, Label, in_reading_order
from netc.grammar.foreign_words import last_of_body, opens_by_colon
from netc.grammar.lexer import ENOUGH, Lexed, Lexer, Token, TooManyError
from netc.grammar.limits import FILE, LINE
from netc.grammar.newlines import Layout
from netc.grammar.opening import clipped, read_file
from netc.grammar.pieces import Piece, cut
from netc.grammar.same_cause import RESERVED, words_folded
from netc.grammar.situation import Situation
from netc.grammar.source import Source
from netc.grammar.stack import Stack
from netc.grammar.syntax_errors import OUTSIDE, explain
from netc.grammar.tables import Tables, load
from netc.grammar.trojan import directions
from netc.grammar.tuples import read_as_lists

MOST = 50  # findings of one file: a text with more is no .net file
LISTS = ("_statements", "_items")
OPENERS = frozenset(("LPAR", "LSQB", "LBRACE"))
CLOSERS = frozenset(("RPAR", "RSQB", "RBRACE"))
NAMED = (("NAME", "_"),)
PLAIN_HEADS: dict[str, tuple[tuple[str, str], ...]] = {
    "NET": NAMED,
    "BLOCK": NAMED,
    "TRAIN": NAMED,
    "STEP": NAMED,
    "IF": (("TRUE", "true"),),
    "FOR": (("NAME", "_"), ("IN", "in"), ("LSQB", "["), ("RSQB", "]")),
    "REPEAT": (("NUMBER", "1"),),
    "FROZEN": (),
}


Result = tuple[ast.File, list[Diagnostic]]
ParseContent = Callable[[bytes, str], Result]


def parse(source: str, file: str) -> Result:
    """The tree of a text and the findings about it, in reading order. What could not be parsed is left out."""
    source = source.removeprefix("\ufeff")
    text = Source(file, source)
    too_large = _too_large(text)
    if too_large is not None:
        return ast.File(text.span(0, 0), (), (), ""), [too_large]
    parts: list[Parsed] = []
    for piece in cut(source):
        parts.append(parse_piece(piece, file, piece.line))
        if sum(len(part.findings) for part in parts if part.findings) > ENOUGH:
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
        items = Parser(text, tables, lexed, Layout(text, lexed, piece).run()).run()
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


def parse_file(path: str | Path, parse_content: ParseContent | None = None) -> Result:
    """`parse` of a file, which is UTF-8 with or without a byte order mark. An unreadable file is a finding.

    parse_content  what parses the bytes, if not `parse_bytes`
    """
    name = str(path)
    try:
        data = read_file(path, FILE)
    except DiagnosticError as error:
        return _nothing(name), list(error.diagnostics)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        found = Diagnostic("E100", f"cannot read {clipped(name)}: {reason}", help="check the path and its permissions")
        return _nothing(name), [found]
    return (parse_content or parse_bytes)(data, name)


def _nothing(name: str) -> ast.File:
    return ast.File(Source(name, "").span(0, 0), (), (), "")


def _too_large(text: Source) -> Diagnostic | None:
    """The finding about a text, or a line of it, that is longer than any that people write."""
    if len(text.text) > FILE.value:
        message = f"{clipped(text.file)} has {FILE.shown(len(text.text))}"
        return FILE.finding(message, Label(text.span(0, 0)), help="give a .net file, which people write")
    if len(text.text) <= (most := LINE.value):
        return None
    number = next((number for number in range(1, text.lines + 1) if text.width(number) > most), None)
    if number is None:
        return None
    start = text.start(number)
    message = f"line {number} has {LINE.shown(text.width(number))}"
    return LINE.finding(message, Label(text.span(start, start + 1)), help="break the line")


def parse_bytes(data: bytes, name: str) -> Result:
    """`parse` of a file's content, whatever its encoding turns out to be."""
    text, wrong = decoded(data, name)
    file, findings = parse(text, name)
    return file, findings if wrong is None else in_reading_order([wrong, *findings])


def decoded(data: bytes, name: str) -> tuple[str, Diagnostic | None]:
    """The text of a file's content, and what is wrong with its encoding; no text of what is none."""
    if _binary(data):
        return "", Diagnostic("E113", f"{name} is no text", help="give a .net file, which is text in UTF-8")
    if len(data) > FILE.value:
        return "", FILE.finding(f"{name} has {FILE.shown(len(data))}", help="give a .net file")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", errors="replace")
        place = Label(Source(name, text).span(0, 0))
        return text, Diagnostic("E113", "the file is UTF-16", place, help="save it as UTF-8")
    try:
        return data.decode("utf-8"), None
    except UnicodeDecodeError as error:
        text = data.decode("utf-8", errors="replace")
        at = len(data[: error.start].decode("utf-8-sig"))
        place = Label(Source(name, text.removeprefix("\ufeff")).span(at, at + 1))
        message = f"byte {error.start} (0x{data[error.start]:02x}) is not UTF-8"
        return text, Diagnostic("E113", message, place, help="save the file as UTF-8")


def _binary(data: bytes) -> bool:
    """Whether a file is an image, an archive, a model: control characters stand where text has none."""
    beginning = data[:4096]
    controls = sum(byte < 32 and byte not in b"\t\n\v\f\r\x1b" for byte in beginning)
    return controls * 20 > len(beginning) and not data.startswith((b"\xff\xfe", b"\xfe\xff"))


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


class Parser:
    """One run over balanced tokens."""

    def __init__(self, source: Source, tables: Tables, lexed: Lexed, tokens: list[Token]) -> None:
        self.source = source
        self.tables = tables
        self.lexed = lexed
        self.tokens = tokens
        self.builder = Builder(source, lexed)
        self.stack = Stack(tables)
        self.outside = False
        # of the last finding about a missing separator: what follows on that line follows from it
        self.explained_line = 0
        # reserved words that stand for a value: what else is wrong around one of them follows from that
        self.as_names: set[str] = set()
        lexed.doubtful.sort()

    def run(self) -> tuple[ast.Item, ...]:
        """The items of the file. Findings go into the `Lexed`."""
        actions, tokens, stack = self.tables.actions, self.tokens, self.stack
        index = 0
        while True:
            token = tokens[index]
            move = actions[stack.states[-1]].get(token.kind)
            if token.kind == "SEP" and tokens[index + 1].kind == "$END" and "$END" in actions[stack.states[-1]]:
                index += 1  # the newline in front of the next piece
                continue
            try:
                if move is None:
                    index = self._repair(index)
                elif move >= 0:
                    stack.push(move, token.kind, token, token.start, token.end)
                    index += 1
                elif self._reduce(~move, token.start):
                    items: tuple[ast.Item, ...] = stack.values[0]
                    return items
            except TooDeepError:
                index = self._resume(index)

    # ---------------------------------------------------------------- the automaton
    def _reduce(self, number: int, offset: int) -> bool:
        """Replaces a production's pieces on the stack by its node; True once the file is complete."""
        rule, stack = self.tables.rules[number], self.stack
        count, action, origin = rule.length, rule.action, rule.origin
        if action == "" or (action is None and count == 1 and origin not in LISTS):
            del stack.states[-1]
            stack.symbols[-1] = origin
            stack.states.append(stack.goto(origin))
            return False
        if count:
            values = stack.values[-count:]
            start, end = stack.starts[-count], stack.ends[-1]
            stack.drop(count)
        else:
            values, start, end = [], offset, offset
        value = (
            self._spliced(values) if action is None else self.builder.made(action, self._spliced(values), start, end)
        )
        if origin == "start":
            stack.values.append(value)
            return True
        stack.push(stack.goto(origin), origin, value, start, end)
        return False

    @staticmethod
    def _spliced(values: list[Any]) -> list[Any]:
        """The pieces with spliced lists opened. A list in front is extended in place, so long ones stay linear."""
        if values and type(values[0]) is list:
            values[0].extend(values[1:])
            return values[0]
        if any(type(value) is list for value in values):
            return [piece for value in values for piece in (value if type(value) is list else (value,))]
        return values

    # ---------------------------------------------------------------- recovery
    def _repair(self, index: int) -> int:
        """Reports what is wrong at a token; gives where to go on, with a separator put in or at the next statement."""
        token = self.tokens[index]
        situation = Situation(self.source, self.tokens, index, self.stack)
        finding = explain(situation)
        if finding.code == RESERVED and finding.primary is not None:
            self.as_names.add(self.source.between(finding.primary.span))
        if self._silenced(situation, finding):
            return self._resume(index)
        self.lexed.report(finding)
        line = self.source.place(situation.statement_start)[0]
        if finding.code in ("E110", "E119") and opens_by_colon(self.source, line):
            return self._skip_body(self._resume(index), line)
        if finding.code == "E117" and token.kind == "SEP" and self.stack.accepts(self.tokens[index + 1].kind):
            return index + 1  # a newline before `{`
        if finding.code == "E107":
            self.explained_line = self.source.place(token.start)[0]
            kind, text = ("COMMA", ",") if "comma" in finding.message else ("SEP", "\n")
            self.tokens.insert(index, Token(kind, text, token.start, token.start, made=True))
            return index
        return self._resume(index)

    def _skip_body(self, index: int, line: int) -> int:
        """Drops what is indented behind a line, whose finding speaks of it all, with every bracket opened there; gives
        where to go on."""
        last, depth = last_of_body(self.source, line), 0
        while (token := self.tokens[index]).kind != "$END" and (depth > 0 or self.source.place(token.start)[0] <= last):
            depth += (token.kind in OPENERS) - (token.kind in CLOSERS)
            if depth < 0:
                break
            index += 1
        before = self.tokens[index - 1]
        return index - 1 if before.kind == "SEP" and self.source.place(before.start)[0] > line else index

    def _silenced(self, situation: Situation, finding: Diagnostic) -> bool:
        """Whether a finding in this statement already tells what is wrong, or this one follows from an earlier one."""
        token = situation.token
        if finding.message.endswith(OUTSIDE):
            if self.outside:
                return True
            self.outside = True
        line = self.source.place(token.start)[0]
        if finding.code != RESERVED and self._reads_reserved(situation):
            return True
        return token.made or line == self.explained_line or self._doubted(situation)

    def _reads_reserved(self, situation: Situation) -> bool:
        """Whether a reserved word that was taken for a name stands in the statement."""
        index = situation.index
        while self.as_names and index >= 0 and self.tokens[index].start >= situation.statement_start:
            if self.tokens[index].text in self.as_names:
                return True
            index -= 1
        return False

    def _doubted(self, situation: Situation) -> bool:
        """Whether the lexer or the layout found something in the statement."""
        index = situation.index
        while self.tokens[index].kind not in ("SEP", "LBRACE", "RBRACE", "$END"):
            index += 1
        doubtful = self.lexed.doubtful
        position = bisect_left(doubtful, situation.statement_start)
        return position < len(doubtful) and doubtful[position] <= self.tokens[index].start

    def _resume(self, index: int) -> int:
        """Drops the statement that was being parsed, on the stack and in the text.

        A statement with a broken head and a body keeps the body: a plain head is put in front of it, so that the
        findings inside come out of the same run.
        """
        stack = self.stack
        depth = 0
        closed = 0
        head: list[Any] = []
        while stack.symbols and not (closed == 0 and stack.symbols[-1] in (*LISTS, "LBRACE")):
            symbol = stack.symbols[-1]
            if symbol in CLOSERS:
                closed += 1
            elif symbol in OPENERS and closed:
                closed -= 1
            elif symbol in OPENERS:
                depth += 1
            head.append(stack.values[-1])
            stack.drop(1)
        if not stack.symbols or stack.symbols[-1] == "LBRACE":
            origin = "_statements" if stack.symbols else "_items"
            at = self.tokens[index].start
            stack.push(stack.goto(origin), origin, [], at, at)
        while (kind := self.tokens[index].kind) != "$END":
            if kind == "LBRACE" and depth == 0 and (plain := self._plain_head(head)):
                at = self.tokens[index].start
                self.tokens[index:index] = [Token(kind, text, at, at, made=True) for kind, text in plain]
                return index
            if kind in OPENERS:
                depth += 1
            elif kind in CLOSERS:
                if depth == 0:
                    break
                depth -= 1
            elif kind == "SEP" and depth == 0:
                break
            index += 1
        return index

    def _plain_head(self, dropped: list[Any]) -> list[tuple[str, str]]:
        """Kinds and texts of a separator and a head for a body whose own head, given from its end on, was dropped."""
        for position, value in enumerate(dropped):
            if isinstance(value, Token) and value.kind in PLAIN_HEADS:
                before = dropped[position - 1] if position else None
                name = before.text if isinstance(before, Token) and before.kind == "NAME" else "_"
                inside = value.kind == "TRAIN" and "LBRACE" in self.stack.symbols
                rest = (("ONLY", "only"),) if inside else PLAIN_HEADS[value.kind]
                head = [(kind, name if text == "_" else text) for kind, text in rest]
                return [("SEP", "\n"), (value.kind, value.text), *head]
        return []
