"""Between lexer and parser: which newlines end a statement, which bracket closes which, and the contextual words.

What leaves here is balanced: every bracket has its partner, some of them made up for a finding. The parser can skip
to the end of a statement without ever losing its place.
"""

from __future__ import annotations

from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, Label, did_you_mean
from netc.grammar.lexer import COMPARISONS, Lexed, Token
from netc.grammar.pieces import Piece
from netc.grammar.source import Source

OPENERS = {"LPAR": "RPAR", "LSQB": "RSQB", "LBRACE": "RBRACE"}
CLOSERS = {closer: opener for opener, closer in OPENERS.items()}
SIGNS = {"LPAR": "(", "RPAR": ")", "LSQB": "[", "RSQB": "]", "LBRACE": "{", "RBRACE": "}"}
ARITHMETIC = frozenset(("PLUS", "MINUS", "TIMES", "DIVIDE", "FLOOR", "MODULO", "POWER", "RANGE"))
OPERATORS = COMPARISONS | ARITHMETIC | {"AND", "OR", "NOT", "COMMA", "BINDS", "ARROW"}
TOP = frozenset(["NET", "BLOCK", "USE", "TRAIN"])
STATEMENTS = TOP | frozenset(["INPUT", "OUTPUT", "EXPECT", "FOR", "REPEAT", "FROZEN", "SHARED"])
ENDS = frozenset(["NAME", "NUMBER", "SHAPE", "STRING", "IN", "TRUE", "FALSE", "NONE", "RPAR", "RSQB", "RBRACE"])
VALUES = frozenset(("NUMBER", "SHAPE", "STRING", "TRUE", "FALSE", "NONE", "RSQB"))
HEADS = frozenset(("NET", "BLOCK", "TRAIN", "IF", "FOR", "REPEAT", "FROZEN"))
STARTS = frozenset(["NAME", "NUMBER", "SHAPE", "STRING", "PREV", "IN", "TRUE", "FALSE", "NONE"])
STEP_FOLLOWS = frozenset(("NAME", "NUMBER", "STRING", "LBRACE"))
TYPES = ("float", "int", "bytes", "bool")
ITEMS = {"NET": "a net", "BLOCK": "a block", "USE": "`use`", "TRAIN": "a train section"}
DEPTH = 256
LOOKAHEAD = 200


WHOLE = Piece("", 1, last=True)


class Layout:
    """Turns a lexer's tokens of a piece into the parser's. Findings go into the `Lexed` it was given."""

    def __init__(self, source: Source, lexed: Lexed, piece: Piece = WHOLE) -> None:
        self.source = source
        self.piece = piece
        self.lexed = lexed
        self.tokens = lexed.tokens
        self.out: list[Token] = []
        self.open: list[Token] = []
        self.suspects: list[Token] = []  # `{` closed by a `}` that is indented differently
        self.in_input = False
        self.head: Token | None = None  # the word of a statement whose `{` is still to come
        braces = [token.kind for token in self.tokens if token.kind in ("LBRACE", "RBRACE")]
        self.surplus = 2 * braces.count("RBRACE") - len(braces)  # `}` without a `{`: some `{` are missing
        self.forgiven = 0  # `}` of a net that held another one: they close nothing any more

    def run(self) -> list[Token]:
        """The tokens in order, separators thinned out, brackets in pairs, `$END` last."""
        separator: Token | None = None
        for index, token in enumerate(self.tokens):
            if token.kind == "SEP":
                if self._in_brackets():
                    if token.text != ";" and self.tokens[index - 1].kind == "SEP":
                        continue  # the first newline of a row has decided
                    if token.text == ";" and self._closes_on_line(index):
                        self._report(f"`;` stands in `{SIGNS[self.open[-1].kind]}`", token, "write `,`", None, "E115")
                        continue
                    if token.text == ";" or self._unclosed(index):
                        self._close_until_brace(
                            "the line ends here" if token.text != ";" else "the statement ends here"
                        )
                    else:
                        continue
                if separator is None or token.text == ";":
                    separator = token
                continue
            if separator is not None or not self.out or self.out[-1].kind == "LBRACE":
                if self._begins_top_level(index):
                    self._missing_braces(token)
                self._separate(separator, token)
                separator = None
            self._put(index, token)
            if len(self.open) > DEPTH:
                self._too_deep(token)
                break
        return self.out

    # ---------------------------------------------------------------- separators and words
    def _separate(self, separator: Token | None, token: Token) -> None:
        if separator is None or not self.out:
            return
        last = self.out[-1].kind
        if last in ("LBRACE", "SEP") or token.kind in ("RBRACE", "$END"):
            return
        if separator.text != ";" and (token.kind in ("ARROW", "ELSE") or last in OPERATORS):
            return
        self.in_input = False
        if self.head is not None and token.kind != "LBRACE" and self.surplus > 0 and token.kind not in TOP:
            self._opener_for_body(self.head)
            return
        self.head = None
        self.out.append(Token("SEP", separator.text, separator.start, separator.end))

    def _put(self, index: int, token: Token) -> None:
        kind = token.kind
        if kind in HEADS and (not self.out or self.out[-1].kind in ("SEP", "LBRACE", "BINDS")):
            self.head = token
        if kind in OPENERS:
            if kind == "LBRACE":
                if self._in_brackets() and self._begins_body(index):
                    self._close_until_brace("the body begins here")
                self.head = self.head if self._in_brackets() else None
            self.open.append(token)
        elif kind == "RBRACE" and self.head is not None and self.surplus > 0 and not self._in_brackets():
            place = Label(self.source.span(token.start, token.end), "closed here")
            self._report(f"`{self.head.text}` has no `{{`", self.head, "open its body with `{`", place, "E117")
            self.surplus -= 1
            self.head = None
            return
        elif kind in CLOSERS:
            if not self._close(index + 1, token):
                return
        elif kind == "$END":
            self._finish(token)
        elif kind == "NAME":
            token = self._word(index, token)
        elif kind == "INPUT":
            self.in_input = True
        self.out.append(token)

    def _word(self, index: int, token: Token) -> Token:
        """`step` before a name at the start of a statement, and the type in an input's declaration."""
        previous = self.out[-1].kind if self.out else "SEP"
        if token.text == "step" and previous in ("SEP", "LBRACE") and self.tokens[index + 1].kind in STEP_FOLLOWS:
            self.head = Token("STEP", token.text, token.start, token.end)
            return self.head
        if self.in_input and previous == "COLON" and not self._in_brackets():
            following = self.tokens[index + 1]
            if token.text in TYPES:
                return Token("TYPE", token.text, token.start, token.end)
            if following.kind in ("NUMBER", "SHAPE") or (following.kind == "LSQB" and following.start > token.end):
                known = ", ".join(f"`{name}`" for name in TYPES)
                help = did_you_mean(token.text, TYPES) or f"use one of {known}"
                self._report(f"there is no type `{token.text}`", token, help, None, "E120")
                return Token("TYPE", "float", token.start, token.end)
        return token

    # ---------------------------------------------------------------- brackets
    def _in_brackets(self) -> bool:
        return bool(self.open) and self.open[-1].kind != "LBRACE"

    def _opener_for_body(self, head: Token) -> None:
        end = self.out[-1].end
        what = f"the {head.text}" if head.kind in ("NET", "BLOCK") else f"`{head.text}`"
        self._report(f"{what} has no `{{`", head, "open its body at the end of the line with `{`", None, "E117")
        opener = Token("LBRACE", "{", end, end, made=True)
        self.surplus -= 1
        self.head = None
        self.open.append(opener)
        self.out.append(opener)

    def _begins_body(self, index: int) -> bool:
        """Whether a `{` inside ( ) or [ ] can only be that of a statement: no layer stands before it."""
        if self.out[-1].kind in VALUES:
            return True
        if self.head is None or self.tokens[index + 1].kind != "SEP" or self.out[-1].kind not in ENDS:
            return False
        return self._behind_braces(index) not in ("COMMA", "ARROW", "RPAR", "RSQB")

    def _behind_braces(self, index: int) -> str:
        """The kind of what follows the braces that open at an index."""
        depth = 0
        for position in range(index, len(self.tokens)):
            depth += (self.tokens[position].kind == "LBRACE") - (self.tokens[position].kind == "RBRACE")
            if depth == 0:
                behind = (self.tokens[place].kind for place in range(position + 1, len(self.tokens)))
                return next((kind for kind in behind if kind != "SEP"), "$END")
        return "$END"

    def _unclosed(self, index: int) -> bool:
        """Whether a newline inside ( ) or [ ] shows a forgotten bracket: the next line can only be a statement."""
        following = next(token for token in self.tokens[index:] if token.kind != "SEP")
        if following.kind in STATEMENTS or following.kind == "$END":
            return True
        if not self.out or self.out[-1].kind not in ENDS or following.kind not in STARTS:
            return False
        depth = 0
        for token in self.tokens[index : index + LOOKAHEAD]:
            if token.kind in ("LBRACE", "RBRACE", "ARROW") or token.kind in STATEMENTS:
                return True
            if token.kind in ("LPAR", "LSQB"):
                depth += 1
            elif token.kind in ("RPAR", "RSQB"):
                depth -= 1
                if depth < 0:  # where it is closed further down, a comma is missing here
                    return token.kind != OPENERS[self.open[-1].kind]
        return True

    def _closes_on_line(self, index: int) -> bool:
        """Whether the innermost bracket is closed further on the line."""
        depth = 1
        for token in self.tokens[index : index + LOOKAHEAD]:
            if token.kind == "$END" or (token.kind == "SEP" and token.text != ";"):
                return False
            depth += (token.kind in OPENERS) - (token.kind in CLOSERS)
            if depth == 0:
                return token.kind == OPENERS[self.open[-1].kind]
        return False

    def _close_until_brace(self, why: str) -> None:
        end = self.out[-1].end
        while self._in_brackets():
            opener = self.open[-1]
            self._report(
                f"`{SIGNS[opener.kind]}` is never closed",
                opener,
                f"close it with `{SIGNS[OPENERS[opener.kind]]}`",
                Label(self.source.span(end, end), why),
            )
            self._make_closer(self.open.pop(), end)

    def _close(self, index: int, token: Token) -> bool:
        """Pairs a closing bracket, before `index`; False where it closes nothing and is left out."""
        wanted = CLOSERS[token.kind]
        if (
            token.kind != "RBRACE"
            and self._in_brackets()
            and self.open[-1].kind != wanted
            and self._closes_on_line(index)
        ):
            self._report(f"`{token.text}` closes nothing", token, "remove it, or open its partner", None, "E105")
            return False
        if not any(opener.kind == wanted for opener in self.open) or (
            token.kind != "RBRACE" and self.open[-1].kind == "LBRACE"
        ):
            if self._in_brackets() and token.kind != "RBRACE":
                opener = self.open.pop()
                self._report(
                    f"`{token.text}` closes `{SIGNS[opener.kind]}`",
                    token,
                    f"write `{SIGNS[OPENERS[opener.kind]]}`",
                    Label(self.source.span(opener.start, opener.end)),
                    "E105",
                )
                self._make_closer(opener, token.start)
            elif token.kind == "RBRACE" and self.forgiven:
                self.forgiven -= 1
            else:
                self._report(f"`{token.text}` closes nothing", token, "remove it, or open its partner", None, "E105")
            return False
        while self.open[-1].kind != wanted:
            opener = self.open.pop()
            self._report(
                f"`{SIGNS[opener.kind]}` is never closed",
                opener,
                f"close it with `{SIGNS[OPENERS[opener.kind]]}`",
                Label(self.source.span(token.start, token.end), "this closes an outer one"),
            )
            self._make_closer(opener, self.out[-1].end)
        opener = self.open.pop()
        at_margin = token.kind == "RBRACE" and self.source.starts_line(token.start)
        if at_margin and self.source.place(token.start)[1] - 1 != self.source.indentation(opener.start):
            self.suspects.append(opener)
        return True

    def _begins_top_level(self, index: int) -> bool:
        """Whether a token inside braces begins a net, a block and the like, and not a misuse of the word as a name."""
        if not self.open or self.tokens[index].kind not in TOP:
            return False
        following = self.tokens[index + 1].kind
        at_margin = self.source.place(self.tokens[index].start)[1] == 1
        return following in ("NAME", "STRING") or (at_margin and following not in ("ONLY", "BINDS"))

    def _missing_braces(self, token: Token) -> None:
        what = ITEMS[token.kind]
        outer = self.open[0]
        if self.source.place(token.start)[1] - 1 > self.source.indentation(outer.start):
            place = Label(self.source.span(outer.start, outer.end), "opened here")
            self._report(
                f"{what} stands inside of braces", token, "move it behind the `}` that closes them", place, "E110"
            )
            self.lexed.doubtful.pop()
            self.forgiven = len(self.open)
            while self.open:
                self._make_closer(self.open.pop(), self.out[-1].end)
        else:
            self._unclosed_braces(f"{what} cannot stand inside braces", token)
        self.out.append(Token("SEP", "\n", token.start, token.start, made=True))

    def _finish(self, end: Token) -> None:
        if self.open and (follows := self.piece.follows):
            word = Token(follows.upper(), follows, end.start, end.start + len(follows))
            self._unclosed_braces(f"{ITEMS[word.kind]} cannot stand inside braces", word)
        elif self.open:
            self._unclosed_braces("the file ends here", end)
        if self.out and not self.piece.last:
            self.out.append(Token("SEP", "\n", end.start, end.end))

    def _unclosed_braces(self, why: str, token: Token) -> None:
        inside = [suspect for suspect in self.suspects if suspect.start > self.open[-1].start]
        blamed = _first_of_chain(inside) if inside else self.open[-1]
        place = Label(self.source.span(token.start, token.end), why)
        notes = (f"{counted(len(self.open), 'closing bracket')} are missing",) if len(self.open) > 1 else ()
        sign, closer = SIGNS[blamed.kind], SIGNS[OPENERS[blamed.kind]]
        self._report(f"`{sign}` is never closed", blamed, f"close it with `{closer}`", place, notes=notes)
        while self.open:
            self._make_closer(self.open.pop(), self.out[-1].end)

    def _make_closer(self, opener: Token, offset: int) -> None:
        kind = OPENERS[opener.kind]
        self.out.append(Token(kind, SIGNS[kind], offset, offset, made=True))

    def _too_deep(self, token: Token) -> None:
        self._report(
            f"brackets stand more than {DEPTH} deep",
            token,
            "take an inner part out into a block or a name",
            None,
            "E108",
        )
        end = self.tokens[-1]
        while self.open:
            self._make_closer(self.open.pop(), token.end)
        self.lexed.doubtful.append(token.start)
        self.out.append(end)

    def _report(
        self,
        message: str,
        token: Token,
        help: str,
        other: Label | None,
        code: str = "E104",
        notes: tuple[str, ...] = (),
    ) -> None:
        self.lexed.doubtful.append(token.start)
        place = Label(self.source.span(token.start, token.end))
        others = (other,) if other else ()
        self.lexed.report(Diagnostic(code, message, place, others, notes=notes, help=help))


def _first_of_chain(suspects: list[Token]) -> Token:
    """Of openers that were closed by the brace of what is around them, the innermost: there the chain began."""
    blamed = suspects[-1]
    for suspect in reversed(suspects[:-1]):
        if suspect.start < blamed.start:
            break
        blamed = suspect
    return blamed
