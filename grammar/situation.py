"""A token that does not fit, with what surrounds it: what `syntax_errors` asks before it says something."""

from __future__ import annotations

from netc.grammar.diagnostics import Diagnostic, Edit, Fix, Label, Span
from netc.grammar.lexer import Token
from netc.grammar.source import Source
from netc.grammar.stack import Stack

# the words that want a body, and what they are called
HEADS = {
    "NET": "net",
    "BLOCK": "block",
    "TRAIN": "train section",
    "IF": "`if`",
    "FOR": "`for`",
    "REPEAT": "`repeat`",
    "FROZEN": "`frozen`",
    "STEP": "step",
    "ELSE": "`else`",
    "ONLY": "`train only`",
}


class Situation:
    """A token that does not fit, with what surrounds it."""

    def __init__(self, source: Source, tokens: list[Token], index: int, stack: Stack) -> None:
        self.source = source
        self.tokens = tokens
        self.index = index
        self.stack = stack
        self.accepts = stack.accepts
        self.token = tokens[index]
        self.previous = tokens[index - 1] if index else Token("SEP", "\n", 0, 0)
        self.following = tokens[min(index + 1, len(tokens) - 1)]
        self.brackets: list[int] = []  # positions on the stack of unclosed ( and [ of this statement
        at, closed = len(stack.symbols), 0
        while at and not (closed == 0 and stack.symbols[at - 1] in ("_statements", "_items", "LBRACE")):
            at -= 1
            symbol = stack.symbols[at]
            closed += (symbol in ("RPAR", "RSQB", "RBRACE")) - (symbol in ("LPAR", "LSQB", "LBRACE"))
            if closed < 0:
                self.brackets.append(at)
                closed = 0
        while at < len(stack.symbols) and stack.symbols[at] == "SEP":
            at += 1
        self.symbols = stack.symbols[at:]
        self.at_top = "LBRACE" not in stack.symbols[:at]
        self.statement_start = stack.starts[at] if self.symbols else self.token.start
        self.first = stack.values[at] if self.symbols and isinstance(stack.values[at], Token) else None

    @property
    def bracket(self) -> str | None:
        """`(` or `[` where the token stands in one."""
        return {"LPAR": "(", "LSQB": "["}[self.stack.symbols[self.brackets[0]]] if self.brackets else None

    def before_line(self) -> Token | None:
        """The token before the line of this one, where the line holds names and commas up to here."""
        at = self.index - 1
        while at > 0 and self.tokens[at].kind in ("NAME", "COMMA"):
            if self.source.starts_line(self.tokens[at].start):
                return self.tokens[at - 1]
            at -= 1
        return None

    def span(self, token: Token) -> Span:
        """Where a token stands."""
        return self.source.span(token.start, token.end)

    def shown(self, token: Token) -> str:
        """A token as a message names it."""
        if token.kind == "$END":
            return "the end of the file"
        if token.kind == "SEP":
            return "`;`" if token.text == ";" else "the end of the line"
        text = token.text if len(token.text) <= 24 else f"{token.text[:20]}…"
        return f"`{text}`"

    def finding(
        self, code: str, message: str, help: str | None, at: Token | None = None, fix: Fix | None = None
    ) -> Diagnostic:
        """A finding at the token, or at another one."""
        token = at or self.token
        if token.kind in ("SEP", "$END") and token.text != ";":
            place = self.source.span(self.previous.end, self.previous.end)
        else:
            place = self.span(token)
        return Diagnostic(code, message, Label(place), help=help, fix=fix)

    def replace(self, token: Token, text: str, title: str) -> Fix:
        """A fix that puts other text in a token's place."""
        return Fix(title, (Edit(self.span(token), text),))
