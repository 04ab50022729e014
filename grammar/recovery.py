"""Recovery from syntax errors: what is reported of one, what follows from another, and where parsing goes on."""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

from netc.grammar.diagnostics import Diagnostic
from netc.grammar.foreign_words import last_of_body, opens_by_colon
from netc.grammar.lexer import Lexed, Token
from netc.grammar.same_cause import RESERVED
from netc.grammar.situation import Situation
from netc.grammar.source import Source
from netc.grammar.stack import Stack
from netc.grammar.syntax_errors import OUTSIDE, explain
from netc.grammar.tables import LISTS

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


class Recovery:
    """Goes on behind errors in one run over `tokens`. Changes those and the `stack`, which the automaton has too."""

    def __init__(self, source: Source, lexed: Lexed, tokens: list[Token], stack: Stack) -> None:
        self.source = source
        self.lexed = lexed
        self.tokens = tokens
        self.stack = stack
        self.outside = False
        # of the last finding about a missing separator: what follows on that line follows from it
        self.explained_line = 0
        # reserved words that stand for a value: what else is wrong around one of them follows from that
        self.as_names: set[str] = set()
        lexed.doubtful.sort()

    def repair(self, index: int) -> int:
        """Reports what is wrong at a token; gives where to go on, with a separator put in or at the next statement."""
        token = self.tokens[index]
        situation = Situation(self.source, self.tokens, index, self.stack)
        finding = explain(situation)
        if finding.code == RESERVED and finding.primary is not None:
            self.as_names.add(self.source.between(finding.primary.span))
        if self._silenced(situation, finding):
            return self.resume(index)
        self.lexed.report(finding)
        line = self.source.place(situation.statement_start)[0]
        if finding.code in ("E110", "E119") and opens_by_colon(self.source, line):
            return self._skip_body(self.resume(index), line)
        if finding.code == "E117" and token.kind == "SEP" and self.stack.accepts(self.tokens[index + 1].kind):
            return index + 1  # a newline before `{`
        if finding.code == "E107":
            self.explained_line = self.source.place(token.start)[0]
            kind, text = ("COMMA", ",") if "comma" in finding.message else ("SEP", "\n")
            self.tokens.insert(index, Token(kind, text, token.start, token.start, made=True))
            return index
        return self.resume(index)

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

    def resume(self, index: int) -> int:
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
