"""What to say about a token that cannot stand where it stands: situations, tried in order, each with its code.

The parser's own knowledge (thirty terminals that could come next) says little to a person. Each situation here is a
mistake people make; the last one names what could stand here in a few words.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from netc.grammar.diagnostics import Diagnostic, Edit, Fix, Label, Span
from netc.grammar.layout import OPERATORS
from netc.grammar.lexer import Token

if TYPE_CHECKING:
    from netc.grammar.parse import Parser

COMPARISONS = frozenset("EQUAL NOT_EQUAL LESS LESS_EQUAL GREATER GREATER_EQUAL".split())
BINARY = (OPERATORS - {"COMMA", "BINDS", "ARROW", "NOT", "MINUS"}) | {"DOT"}
CONTROL = frozenset("IF FOR REPEAT FROZEN TRAIN".split())
HEADS = {
    "NET": "net", "BLOCK": "block", "TRAIN": "train section", "IF": "`if`", "FOR": "`for`", "REPEAT": "`repeat`",
    "FROZEN": "`frozen`", "STEP": "step", "ELSE": "`else`", "ONLY": "`train only`",
}  # fmt: skip
FOREIGN = {
    "import": "write `use std.resnet (ResNet)`", "from": "write `use std.resnet (ResNet)`",
    "include": "write `use \"file.net\" (name)`", "def": "write `block NAME(arguments) { ... }`",
    "function": "write `block NAME(arguments) { ... }`", "fn": "write `block NAME(arguments) { ... }`",
    "layer": "write `block NAME(arguments) { ... }`", "module": "write `block NAME(arguments) { ... }`",
    "class": "write `net NAME { ... }` or `block NAME { ... }`", "model": "write `net NAME { ... }`",
    "network": "write `net NAME { ... }`", "let": "write `name = value`", "var": "write `name = value`",
    "const": "write `name = value`", "while": "write `repeat n { ... }`: every count is known before anything runs",
    "elif": "write `else if`", "elseif": "write `else if`", "return": "leave it out: a body gives its last value",
    "assert": "write `expect condition \"why\"`", "inputs": "write `input`", "outputs": "write `output`",
    "loop": "write `repeat n { ... }`",
}  # fmt: skip
CATEGORIES = (
    ("NUMBER", "a value"), ("NAME", "a name"), ("LBRACE", "`{`"), ("RPAR", "`)`"), ("RSQB", "`]`"), ("COMMA", "`,`"),
    ("BINDS", "`=`"), ("COLON", "`:`"), ("SEP", "the end of the statement"), ("PLUS", "an operator"),
)  # fmt: skip


class Situation:
    """A token that does not fit, with what surrounds it."""

    def __init__(self, parser: Parser, index: int) -> None:
        self.parser = parser
        self.accepts = parser.accepts
        self.token = parser.tokens[index]
        self.previous = parser.tokens[index - 1] if index else Token("SEP", "\n", 0, 0)
        self.following = parser.tokens[min(index + 1, len(parser.tokens) - 1)]
        self.brackets: list[int] = []  # positions on the stack of unclosed ( and [ of this statement
        at, closed = len(parser.symbols), 0
        while at and not (closed == 0 and parser.symbols[at - 1] in ("_statements", "_items", "LBRACE")):
            at -= 1
            symbol = parser.symbols[at]
            closed += (symbol in ("RPAR", "RSQB", "RBRACE")) - (symbol in ("LPAR", "LSQB", "LBRACE"))
            if closed < 0:
                self.brackets.append(at)
                closed = 0
        while at < len(parser.symbols) and parser.symbols[at] == "SEP":
            at += 1
        self.symbols = parser.symbols[at:]
        self.at_top = "LBRACE" not in parser.symbols[:at]
        self.statement_start = parser.starts[at] if self.symbols else self.token.start
        self.first = parser.values[at] if self.symbols and isinstance(parser.values[at], Token) else None

    @property
    def bracket(self) -> str | None:
        """`(` or `[` where the token stands in one."""
        return {"LPAR": "(", "LSQB": "["}[self.parser.symbols[self.brackets[0]]] if self.brackets else None

    def span(self, token: Token) -> Span:
        return self.parser.source.span(token.start, token.end)

    def shown(self, token: Token) -> str:
        if token.kind == "$END":
            return "the end of the file"
        if token.kind == "SEP":
            return "`;`" if token.text == ";" else "the end of the line"
        text = token.text if len(token.text) <= 24 else f"{token.text[:20]}…"
        return f"`{text}`"

    def finding(
        self, code: str, message: str, help: str | None, at: Token | None = None, fix: Fix | None = None
    ) -> Diagnostic:
        token = at or self.token
        if token.kind in ("SEP", "$END") and token.text != ";":
            place = self.parser.source.span(self.previous.end, self.previous.end)
        else:
            place = self.span(token)
        return Diagnostic(code, message, Label(place), help=help, fix=fix)

    def replace(self, token: Token, text: str, title: str) -> Fix:
        return Fix(title, (Edit(self.span(token), text),))


def explain(situation: Situation) -> Diagnostic:
    """The finding about a token that does not fit."""
    for attempt in ATTEMPTS:
        finding = attempt(situation)
        if finding is not None:
            return finding
    return otherwise(situation)


def foreign_word(s: Situation) -> Diagnostic | None:
    word = s.previous if s.previous.kind == "NAME" else s.token
    if word.text in FOREIGN and word.start == s.statement_start and s.token.kind not in ("BINDS", "SEP"):
        return s.finding("E110", f"`{word.text}` is no word of the language", FOREIGN[word.text], word)
    return None


def else_alone(s: Situation) -> Diagnostic | None:
    if s.token.kind == "ELSE" and not s.symbols:
        return s.finding("E110", "`else` follows no `if`", "put it behind the `}` of an `if`")
    return None


def comment_sign(s: Situation) -> Diagnostic | None:
    if s.token.kind == "FLOOR" and not s.symbols:
        return s.finding("E109", "`//` has nothing on its left", "write a comment after `#`; `//` divides whole numbers",
                         fix=s.replace(s.token, "#", "make it a comment"))  # fmt: skip
    return None


def outside(s: Situation) -> Diagnostic | None:
    if not s.at_top or (s.first is not None and s.first.kind != "NAME") or s.token.kind == "BINDS":
        return None
    if (s.first is None and s.token.kind != "$END") or len(s.symbols) == 1:
        first = s.first or s.token
        what = "a statement" if s.first is None else "a layer"
        return s.finding("E110", f"{what} stands outside of a net", "move it into the braces of a `net` or `block`; "
                         "a file holds `use`, `block`, `net`, `train` and `name = value`", first)  # fmt: skip
    return None


def reserved_word(s: Situation) -> Diagnostic | None:
    keywords = s.parser.tables.keywords
    word = s.token
    if s.token.kind == "BINDS" and s.previous.kind in keywords.values():
        word = s.previous
    elif s.token.kind not in keywords.values() or not s.accepts("NAME") or s.token.kind in ("AND", "OR", "IF", "ELSE", "AS"):
        return None
    elif s.accepts("NUMBER") and s.previous.kind == "ARROW":
        if s.token.kind not in CONTROL:
            return None
        return s.finding("E110", f"`{word.text}` cannot stand behind an arrow",
                         f"begin a new line with it, or put it in braces: `-> {{ {word.text} ... }}`")  # fmt: skip
    elif not s.symbols:
        return None
    if word.kind in ("NET", "BLOCK", "USE") and s.token is word and s.bracket is None and s.previous.kind in OPERATORS:
        return None
    return s.finding("E106", f"`{word.text}` is a reserved word", f"choose another name, such as `{word.text}_`", word)


def missing_name(s: Situation) -> Diagnostic | None:
    if not s.accepts("NAME") or s.accepts("NUMBER"):
        return None
    before = s.previous
    if before.kind == "DOT":
        return s.finding("E116", f"a name belongs behind `.`, not {s.shown(s.token)}",
                         "write the name of a part, or `[0]` for an element of a list")  # fmt: skip
    if before.kind == "COMMA":
        return s.finding("E116", f"a name belongs behind `,`, not {s.shown(s.token)}", "write a name, or remove the comma")
    what = HEADS.get(before.kind, f"`{before.text}`")
    return s.finding("E116", f"a name is missing: {what} is followed by {s.shown(s.token)}",
                     f"write a name behind `{before.text}`")  # fmt: skip


def missing_value(s: Situation) -> Diagnostic | None:
    if not s.accepts("NUMBER"):
        return None
    before, token = s.previous, s.token
    if token.kind == "BINDS" and before.kind == "BINDS":
        return s.finding("E109", "`=` stands twice", "write `=` to bind a name and `==` to compare")
    if token.kind == "ARROW" and not s.symbols:
        return s.finding("E109", "`->` has nothing on its left",
                         "name a source, or leave the arrow out: a flow starts from the flowing value")  # fmt: skip
    if not s.symbols or before.kind in ("LPAR", "LSQB", "LBRACE"):
        if token.kind in OPERATORS or token.kind in ("BINDS", "DOT", "COLON"):
            return s.finding("E109", f"{s.shown(token)} has nothing on its left", "write what comes before it")
    if token.kind == "COMMA" and before.kind == "COMMA":
        return s.finding("E109", "nothing stands between two commas", "write the missing value, or remove a comma")
    words = {
        "ARROW": ("`->` leads nowhere", "write a layer, a block or braces behind it"),
        "BINDS": ("`=` has no value", "write what the name stands for behind `=`"),
        "IF": ("`if` has no condition", "write `if CONDITION { ... }`"),
        "REPEAT": ("`repeat` has no count", "write `repeat COUNT { ... }`"),
        "EXPECT": ("`expect` has no condition", "write `expect CONDITION`"),
        "OUTPUT": ("`output` has no value", "write `output NAME`"),
        "IN": ("`for` has nothing to run over", "write `for NAME in LIST { ... }`, as in `for i in 0..n { ... }`"),
        "ELSE": ("`else` has no value", "write `VALUE if CONDITION else VALUE`"),
        "COLON": ("`:` has nothing on its right", "write a value behind `:`; an input has a shape, such as `3x32x32`"),
        "TYPE": ("the shape is missing", "write a shape, such as `[T, 512]`"),
    }
    if before.kind in words and s.symbols:
        message, help = words[before.kind]
        return s.finding("E109", message, help)
    if before.kind in OPERATORS and s.symbols:
        return s.finding("E109", f"`{before.text}` has nothing on its right", "write what comes behind it")
    if token.kind in BINARY:
        return s.finding("E109", f"{s.shown(token)} has nothing on its left", "write what comes before it")
    return None


def chained_comparison(s: Situation) -> Diagnostic | None:
    if s.token.kind in COMPARISONS and s.accepts("AND"):
        return s.finding("E112", "comparisons do not chain", "compare one pair at a time: `a < b and b < c`")
    return None


def misplaced_binding(s: Situation) -> Diagnostic | None:
    if s.token.kind != "BINDS":
        return None
    if s.first is not None and s.first.kind in ("IF", "EXPECT", "REPEAT", "FOR", "OUTPUT") and s.bracket is None:
        return s.finding("E118", "`=` binds a name; it does not compare", "write `==`",
                         fix=s.replace(s.token, "==", "write `==`"))  # fmt: skip
    if s.bracket == "[":
        return s.finding("E118", "`=` stands in a list", "write a table with `:`, as in `[main: 1, aux: 0.3]`")
    return s.finding("E118", "only a name can stand before `=`", "write `name = value`, and `==` to compare")


def colon(s: Situation) -> Diagnostic | None:
    if s.token.kind != "COLON":
        return None
    if s.bracket == "(":
        return s.finding("E119", "an argument is written with `=`", "write `name=value`",
                         fix=s.replace(s.token, "=", "write `=`"))  # fmt: skip
    if s.bracket == "[":
        return s.finding("E119", "a list and a table are mixed", "give every element a key, or none")
    if s.first is not None and s.first.kind in HEADS:
        return s.finding("E119", "`:` opens no body", "put the body in braces: `{ ... }`")
    return s.finding("E119", "`:` has no meaning here",
                     "bind with `name = value`; a type and a shape belong to `input name: shape`")  # fmt: skip


def table_without_key(s: Situation) -> Diagnostic | None:
    if s.bracket == "[" and s.accepts("COLON") and not s.accepts("COMMA") and s.token.kind in ("COMMA", "RSQB"):
        return s.finding("E119", "a list and a table are mixed", "give every element a key, or none", s.previous)
    return None


def missing_body(s: Situation) -> Diagnostic | None:
    if s.bracket or not s.accepts("LBRACE") or s.accepts("SEP") or s.first is None:
        return None
    head = s.previous if s.previous.kind in ("ELSE", "ONLY", "FROZEN") else s.first
    if head.kind == "BINDS" or head.kind not in HEADS:
        head = next((v for v in reversed(s.parser.values) if isinstance(v, Token) and v.kind in HEADS), head)
    if head.kind not in HEADS:
        return None
    what = HEADS[head.kind]
    if s.token.kind == "SEP" and s.following.kind == "LBRACE":
        return s.finding("E117", f"the `{{` of the {what} stands on the next line".replace("the `if", "`if"),
                         "write `{` on the line of its head", s.following)  # fmt: skip
    subject = f"{what}" if what.startswith("`") else f"the {what}"
    return s.finding("E117", f"{subject} has no body: `{{` belongs here, not {s.shown(s.token)}",
                     "write the body in braces: `{ ... }`")  # fmt: skip


def missing_separator(s: Situation) -> Diagnostic | None:
    token, before = s.token, s.previous
    if s.bracket and s.accepts("COMMA", token.kind):
        return s.finding("E107", f"a comma is missing between {s.shown(before)} and {s.shown(token)}", "put `,` between them")
    if not s.accepts("SEP", token.kind) or before.kind == "SEP":
        return None
    message = f"{s.shown(before)} and {s.shown(token)} stand side by side"
    if before.kind == "NAME" and token.kind in ("NUMBER", "SHAPE", "STRING"):
        return s.finding("E107", message, f"put arguments in parentheses: `{before.text}({token.text})`")
    return s.finding("E107", message, "begin a new line, or put `;` or `->` between them")


def otherwise(s: Situation) -> Diagnostic:
    possible = [words for kind, words in CATEGORIES if s.accepts(kind)]
    if "a value" in possible:
        possible = [words for words in possible if words not in ("a name", "`{`")]
    expected = ", ".join(possible[:-1]) + " or " + possible[-1] if len(possible) > 1 else "".join(possible)
    help = f"write {expected}" if expected else "remove it"
    return s.finding("E115", f"{s.shown(s.token)} cannot stand here", help)


ATTEMPTS: tuple[Callable[[Situation], Diagnostic | None], ...] = (
    foreign_word,
    else_alone,
    comment_sign,
    outside,
    reserved_word,
    missing_name,
    missing_value,
    chained_comparison,
    misplaced_binding,
    colon,
    table_without_key,
    missing_body,
    missing_separator,
)
