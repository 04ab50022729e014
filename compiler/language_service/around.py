"""What stands around a place in a text, by its tokens: half a line is no syntax yet, and completion is asked of one."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

from netc.compiler.language_service.pieces import Placed
from netc.compiler.language_service.workspace import Analysis
from netc.grammar.lexer import Token

OPENERS = {"LPAR": "RPAR", "LSQB": "RSQB", "LBRACE": "RBRACE"}
CLOSERS = frozenset(OPENERS.values())
BINDS_AFTER = frozenset(("NAME", "COMMA"))
CONTROL = frozenset(("IF", "ELSE", "FOR", "REPEAT", "FROZEN", "ONLY"))
TOP = frozenset(("NET", "BLOCK", "TRAIN", "USE"))
HEADS = TOP | frozenset(("INPUT", "OUTPUT", "EXPECT", "IF", "FOR", "REPEAT", "FROZEN", "SHARED"))


@dataclass(slots=True)
class Open:
    """An opening bracket around the place.

    statement  the tokens of the statement that it stands in, up to the bracket
    before     of a call the arguments up to the place, `behind` those behind it: the name of each, "" of one without
    since      the tokens since the bracket or its last comma (in braces, since the last statement began)
    names      names that the head declares or statements bind before the place: name -> its token
    given      names of arguments that are given, and first words of statements
    """

    kind: str
    token: Token
    statement: list[Token]
    before: list[str] = field(default_factory=list)
    behind: list[str] = field(default_factory=list)
    since: list[Token] = field(default_factory=list)
    names: dict[str, Token] = field(default_factory=dict)
    given: set[str] = field(default_factory=set)

    @property
    def head(self) -> str:
        """The kind of the first token of the statement: NET, TRAIN, FOR, NAME; "" where there is none."""
        return self.statement[0].kind if self.statement else ""

    @property
    def callee(self) -> list[Token]:
        """The dotted word in front of the bracket."""
        found: list[Token] = []
        for token in reversed(self.statement):
            wanted = "DOT" if found and found[0].kind == "NAME" else "NAME"
            if token.kind != wanted:
                break
            found.insert(0, token)
        return found if found and found[0].kind == "NAME" else found[1:]

    @property
    def argument(self) -> str | None:
        """The name of the argument that the place stands in, where it has one."""
        match self.since:
            case [Token(kind="NAME", text=name), Token(kind="BINDS"), *_]:
                return name
        return None

    @property
    def is_control(self) -> bool:
        """Whether these braces let names out."""
        words = [token.kind for token in self.statement]
        if "BINDS" in words:
            words = words[words.index("BINDS") + 1 :]
        return bool(words) and (words[0] in CONTROL or words[:2] == ["TRAIN", "ONLY"])


@dataclass(slots=True)
class Around:
    """The place in its part.

    part    the part, and where that stands
    word    what of a word stands in front of the place, `start` its offset in the part
    token   the token that the place touches, if it is a word, number or string
    open    brackets around it, outermost first
    line    the tokens of the statement so far, without the word
    text    inside a string: what of it stands in front of the place; None elsewhere
    comment whether the place is in a comment
    """

    part: Placed
    offset: int
    word: str
    start: int
    token: Token | None
    open: list[Open]
    line: list[Token]
    names: dict[str, Token]
    text: str | None = None
    comment: bool = False

    @property
    def last(self) -> str:
        """The kind of the token in front of the word; "" at the beginning of a statement."""
        return self.line[-1].kind if self.line else ""

    @property
    def item(self) -> Open | None:
        """The braces of the net, block or train section around the place."""
        first = self.open[0] if self.open else None
        return first if first is not None and first.kind == "LBRACE" and first.head in TOP else None


def around(analysis: Analysis, line: int, column: int) -> Around | None:
    """What stands around a place of the file; None where the text has no such line."""
    part = analysis.text.at(line)
    if part is None:
        return None
    offset = part.part.source.offset(line - part.line + 1, column)
    tokens = [token for token in part.part.parsed.tokens if token.kind != "$END"]
    text = part.part.source.text
    touched = next((token for token in tokens if token.start <= offset <= token.end and _is_word(token)), None)
    start = offset
    while start and (text[start - 1].isalnum() or text[start - 1] == "_"):
        start -= 1
    string = _in_string(text, offset)
    stop = start if string is None else offset - len(string) - 1
    before = [token for token in tokens if token.start < stop]
    read = Reader(before)
    if read.open and read.open[-1].kind != "LBRACE":
        read.open[-1].behind = _behind([token for token in tokens if token.start >= offset])
    comment = any(
        part.part.source.offset(found.span.line, found.span.column) < offset
        <= part.part.source.offset(found.span.end_line, found.span.end_column)
        for found in part.part.parsed.comments
    )  # fmt: skip
    return Around(part, offset, text[start:offset], start, touched, read.open, read.line, read.names, string, comment)


def _is_word(token: Token) -> bool:
    return token.kind in ("NAME", "NUMBER", "SHAPE", "STRING") or token.text[:1].isalpha()


def _in_string(text: str, offset: int) -> str | None:
    """What stands between the `"` of a string and an offset in it; None outside of strings."""
    start = max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1
    open_at = None
    at = start
    while at < offset:
        if text[at] == "\\" and open_at is not None:
            at += 1
        elif text[at] == '"':
            open_at = None if open_at is not None else at
        elif text[at] == "#" and open_at is None:
            return None
        at += 1
    return None if open_at is None else text[open_at + 1 : offset]


class Reader:
    """Goes through tokens up to a place: which brackets are open, what is bound, what the statement has so far."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        self.top: dict[str, Token] = {}
        self.open: list[Open] = []
        self.statement: list[Token] = []
        for number, token in enumerate(tokens):
            if token.kind in OPENERS:
                self._enter(token)
            elif token.kind in CLOSERS:
                self._leave(token)
            elif token.kind == "SEP":
                self._separate(number)
            else:
                self._add(token)
        for each in self.open:
            self._give(each)

    @property
    def names(self) -> dict[str, Token]:
        """The names in sight."""
        return {
            name: token for names in (self.top, *(each.names for each in self.open)) for name, token in names.items()
        }

    @property
    def line(self) -> list[Token]:
        """Of the statement what stands behind the innermost bracket and its last comma."""
        return list(self.open[-1].since) if self.open and self.open[-1].kind != "LBRACE" else self.statement

    @property
    def _inner(self) -> Open | None:
        return self.open[-1] if self.open else None

    @property
    def _names(self) -> dict[str, Token]:
        return self.open[-1].names if self.open else self.top

    def _enter(self, token: Token) -> None:
        entered = Open(token.kind, token, list(self.statement))
        self.open.append(entered)
        self.statement = [] if token.kind == "LBRACE" else [*self.statement, token]
        if token.kind == "LBRACE":
            entered.names.update(_declared(entered))

    def _leave(self, token: Token) -> None:
        while self.open and OPENERS[self.open[-1].kind] != token.kind:
            self.open.pop()
        if not self.open:
            return
        closed = self.open.pop()
        if closed.kind == "LBRACE":
            _bound(self.statement, closed.names)
        self.statement = [*closed.statement, closed.token, token]
        if self._inner is not None:
            self._inner.since.append(token)
        if closed.kind == "LBRACE":
            if closed.is_control:
                declared = _declared(closed)
                self._names.update({name: token for name, token in closed.names.items() if name not in declared})
            _bound(self.statement, self._names)

    def _separate(self, number: int) -> None:
        inner = self._inner
        if inner is not None and inner.kind != "LBRACE":
            if not _broken(self.tokens, number):
                return
            while self.open and self.open[-1].kind != "LBRACE":
                self.statement = self.open.pop().statement
            inner = self._inner
        _bound(self.statement, self._names)
        if inner is not None:
            if self.statement:
                inner.given.add(self.statement[0].text)
            inner.since = []
        self.statement = []

    def _add(self, token: Token) -> None:
        self.statement.append(token)
        inner = self._inner
        if inner is None:
            return
        if token.kind == "COMMA" and inner.kind != "LBRACE":
            inner.before.append(inner.argument or "")
            self._give(inner)
            inner.since = []
        else:
            inner.since.append(token)

    @staticmethod
    def _give(inner: Open) -> None:
        if inner.kind != "LBRACE" and inner.argument is not None:
            inner.given.add(inner.argument)


def _broken(tokens: Sequence[Token], number: int) -> bool:
    """Whether a newline in brackets ends them all the same, for what follows can only be a statement."""
    following = tokens[number + 1 : number + 3]
    if not following:
        return False
    if following[0].kind in HEADS:
        return True
    return len(following) == 2 and following[0].kind == "NAME" and following[1].kind == "ARROW"


def _behind(tokens: Sequence[Token]) -> list[str]:
    """The arguments that follow in a call, without the rest of the one that is being written."""
    found: list[str] = []
    depth = 0
    for number, token in enumerate(tokens):
        depth += (token.kind in OPENERS) - (token.kind in CLOSERS)
        if depth < 0 or (token.kind == "SEP" and _broken(tokens, number)):
            break
        if token.kind == "COMMA" and depth == 0:
            match tokens[number + 1 : number + 3]:
                case [Token(kind="NAME", text=name), Token(kind="BINDS")]:
                    found.append(name)
                case [Token(kind=kind), *_] if kind not in CLOSERS:
                    found.append("")
    return found


def _declared(braces: Open) -> dict[str, Token]:
    """The names that a head brings into its braces: parameters, what a loop counts, states of a scan."""
    found: dict[str, Token] = {}
    tokens = braces.statement
    kinds = [token.kind for token in tokens]
    if braces.head in ("NET", "BLOCK") or (len(tokens) > 1 and tokens[0].text == "scan"):
        depth = 0
        for at, token in enumerate(tokens):
            depth += (token.kind in OPENERS) - (token.kind in CLOSERS)
            if depth == 1 and token.kind == "NAME" and at and kinds[at - 1] in ("LPAR", "COMMA"):
                found[token.text] = token
    elif "FOR" in kinds:
        first = kinds.index("FOR") + 1
        last = kinds.index("IN", first) if "IN" in kinds[first:] else first
        found.update({token.text: token for token in tokens[first:last] if token.kind == "NAME"})
    return found


def _bound(statement: Sequence[Token], names: dict[str, Token]) -> None:
    """Enter the names that a statement binds."""
    kinds = [token.kind for token in statement]
    if not kinds:
        return
    if kinds[0] == "INPUT":
        names.update({one.text: one for one, two in itertools.pairwise(statement)
                      if one.kind == "NAME" and two.kind == "COLON"})  # fmt: skip
        depth = 0
        for token in statement:  # open sizes: `[1, H, W]`
            depth += (token.kind == "LSQB") - (token.kind == "RSQB")
            if depth and token.kind == "NAME":
                names.setdefault(token.text, token)
        return
    if "BINDS" in kinds:
        targets = statement[kinds[0] == "SHARED" : kinds.index("BINDS")]
        if targets and all(token.kind in BINDS_AFTER for token in targets):
            names.update({token.text: token for token in targets if token.kind == "NAME"})
