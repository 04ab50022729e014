"""What to say about a token that cannot stand where it stands: situations, tried in order, each with its code.

The parser's own knowledge (thirty terminals that could come next) says little to a person. Each situation here is a
mistake people make; the last one names what could stand here in a few words.
"""

from __future__ import annotations

from collections.abc import Callable

from netc.grammar import misplaced
from netc.grammar.diagnostics import Diagnostic, suggestions
from netc.grammar.foreign_words import foreign_word
from netc.grammar.newlines import OPERATORS
from netc.grammar.situation import HEADS, Situation

BINARY = (OPERATORS - {"COMMA", "BINDS", "ARROW", "NOT", "MINUS"}) | {"DOT"}
CONTROL = frozenset(["IF", "FOR", "REPEAT", "FROZEN", "TRAIN"])
STATEMENT_WORDS = ("input", "output", "expect", "if", "for", "repeat", "frozen", "train", "shared")
AFTER_KEYWORDS = frozenset(["NAME", "NUMBER", "STRING", "SHAPE", "TRUE", "FALSE", "NOT", "STD"])
OUTSIDE = " stands outside of a net"
CATEGORIES = (
    ("NUMBER", "a value"),
    ("NAME", "a name"),
    ("LBRACE", "`{`"),
    ("LPAR", "`(`"),
    ("RPAR", "`)`"),
    ("RSQB", "`]`"),
    ("COMMA", "`,`"),
    ("BINDS", "`=`"),
    ("COLON", "`:`"),
    ("SEP", "the end of the statement"),
    ("PLUS", "an operator"),
)


def explain(situation: Situation) -> Diagnostic:
    """The finding about a token that does not fit."""
    for attempt in ATTEMPTS:
        finding = attempt(situation)
        if finding is not None:
            return finding
    return _otherwise(situation)


def _misspelt_keyword(s: Situation) -> Diagnostic | None:
    word = s.previous
    if word.kind != "NAME" or word.start != s.statement_start or s.bracket or s.token.kind not in AFTER_KEYWORDS:
        return None
    known = ("use", "block", "net", "train") if s.at_top else STATEMENT_WORDS
    near = suggestions(word.text, known) if len(word.text) > 2 or word.text.lower() in known else []
    if not near:
        return None
    fix = s.replace(word, near[0], f"write `{near[0]}`")
    return s.finding("E110", f"`{word.text}` is no word of the language", f"write `{near[0]}`", word, fix)


def _else_alone(s: Situation) -> Diagnostic | None:
    if s.token.kind == "ELSE" and "IF" not in s.symbols:
        return s.finding("E110", "`else` follows no `if`", "put it behind the `}` of an `if`")
    return None


def _outside(s: Situation) -> Diagnostic | None:
    if not s.at_top or (s.first is not None and s.first.kind != "NAME") or s.token.kind == "BINDS":
        return None
    if (s.first is None and s.token.kind != "$END") or len(s.symbols) == 1:
        first = s.first or s.token
        return s.finding(
            "E110",
            s.shown(first) + OUTSIDE,
            "move it into the braces of a `net` or `block`; "
            "a file holds `use`, `block`, `net`, `train` and `name = value`",
            first,
        )
    return None


def _reserved_word(s: Situation) -> Diagnostic | None:
    keywords = s.stack.tables.keywords
    word = s.token
    if s.token.kind == "BINDS" and s.previous.kind in keywords.values():
        word = s.previous
    elif (
        s.token.kind not in keywords.values()
        or not s.accepts("NAME")
        or (s.accepts("NUMBER") and s.token.kind in ("AND", "OR", "IF", "ELSE", "AS"))
    ):
        return None
    elif s.accepts("NUMBER") and s.previous.kind == "ARROW":
        if s.token.kind not in CONTROL:
            return None
        return s.finding(
            "E110",
            f"`{word.text}` cannot stand behind an arrow",
            f"begin a new line with it, or put it in braces: `-> {{ {word.text} ... }}`",
        )
    elif not s.symbols and s.following.kind != "BINDS":
        return None
    if word.kind in ("NET", "BLOCK", "USE") and s.token is word and s.bracket is None and s.previous.kind in OPERATORS:
        return None
    help = f"choose another name, such as `{word.text}_`"
    if word.kind == "OUTPUT" and word is s.token and s.accepts("NUMBER"):
        help = "write the name of the value, such as `logits`; `output` stands for it in `--loss` alone"
    return s.finding("E106", f"`{word.text}` is a reserved word", help, word)


def _missing_name(s: Situation) -> Diagnostic | None:
    if not s.accepts("NAME") or s.accepts("NUMBER"):
        return None
    before = s.previous
    if before.kind == "DOT":
        return s.finding(
            "E116",
            f"a name belongs behind `.`, not {s.shown(s.token)}",
            "write the name of a part, or `[0]` for an element of a list",
        )
    if before.kind == "COMMA":
        return s.finding(
            "E116", f"a name belongs behind `,`, not {s.shown(s.token)}", "write a name, or remove the comma"
        )
    if before.kind == "LPAR":
        return s.finding("E116", f"a name belongs behind `(`, not {s.shown(s.token)}", "write a name")
    what = f"the {HEADS[before.kind]}" if before.kind in ("NET", "BLOCK", "TRAIN", "STEP") else f"`{before.text}`"
    return s.finding("E116", f"{what} has no name: {s.shown(s.token)} follows", f"write a name behind `{before.text}`")


def _missing_value(s: Situation) -> Diagnostic | None:
    if not s.accepts("NUMBER"):
        return None
    before, token = s.previous, s.token
    if token.kind == "BINDS" and before.kind == "BINDS":
        return s.finding("E109", "`=` stands twice", "write `=` to bind a name and `==` to compare")
    if token.kind == "ARROW" and not s.symbols:
        return s.finding(
            "E109",
            "`->` has nothing on its left",
            "name a source, or leave the arrow out: a flow starts from the flowing value",
        )
    opens = not s.symbols or before.kind in ("LPAR", "LSQB", "LBRACE")
    if opens and (token.kind in OPERATORS or token.kind in ("BINDS", "DOT", "COLON")):
        return s.finding("E109", f"{s.shown(token)} has nothing on its left", "write what comes before it")
    if token.kind == "RSQB" and before.kind == "LSQB":
        return s.finding("E109", "the index is missing", "write `[0]` for the first element, `[-1]` for the last")
    if token.kind == "COMMA" and before.kind == "COMMA":
        return s.finding("E109", "nothing stands between two commas", "write the missing value, or remove a comma")
    if token.kind == "DOT" and s.following.kind == "NUMBER" and s.following.start == token.end:
        return s.finding(
            "E103",
            f"`.{s.following.text}` is no number",
            f"write `0.{s.following.text}`",
            fix=s.replace(token, "0.", "write the zero"),
        )
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


def _for_without_in(s: Situation) -> Diagnostic | None:
    if s.token.kind == "IN" and s.previous.kind == "NAME" and len(s.symbols) in (1, 3):
        return s.finding("E110", "`in` follows no `for`", "write `for NAME in LIST { ... }`")
    if s.first is not None and s.first.kind == "FOR" and s.accepts("IN") and not s.accepts("NUMBER"):
        return s.finding("E116", "`for` has no `in`", "write `for NAME in LIST { ... }`, as in `for i in 0..n { ... }`")
    return None


def _input_without_shape(s: Situation) -> Diagnostic | None:
    if s.first is not None and s.first.kind == "INPUT" and not s.bracket and s.accepts("COLON"):
        return s.finding("E109", f"the input {s.shown(s.previous)} has no shape", f"write `{s.previous.text}: 3x32x32`")
    return None


def _half_conditional(s: Situation) -> Diagnostic | None:
    if s.accepts("ELSE") and not s.accepts("SEP") and not s.accepts("COMMA") and "IF" in s.symbols[1:]:
        return s.finding(
            "E109",
            "an `if` between values has no `else`",
            "write `VALUE if CONDITION else VALUE`; where statements depend on it, write `if CONDITION { ... }`",
            s.stack.last("IF"),
        )
    return None


def _nothing_bound(s: Situation) -> Diagnostic | None:
    if s.first is None or not s.accepts("BINDS") or s.accepts("NUMBER") or s.bracket:
        return None
    if s.first.kind == "SHARED":
        return s.finding("E109", "`shared` has no value", "write `shared NAME = LAYER`")
    if s.first.kind == "NAME" and "COMMA" in s.symbols:
        return s.finding(
            "E109",
            "several names stand side by side and are bound to nothing",
            "write `->` between layers, `a, b = VALUES` to bind names, and `[a, b]` for a list",
        )
    return None


def _unused_use(s: Situation) -> Diagnostic | None:
    if s.first is not None and s.first.kind == "USE" and s.accepts("LPAR"):
        return s.finding(
            "E116", "`use` names nothing", "write what to use in parentheses, as in `use std.resnet (ResNet)`"
        )
    return None


def _missing_body(s: Situation) -> Diagnostic | None:
    if s.bracket or not s.accepts("LBRACE") or s.accepts("SEP") or s.first is None:
        return None
    head = s.previous if s.previous.kind in ("ELSE", "ONLY", "FROZEN") else s.first
    if head.kind == "BINDS" or head.kind not in HEADS:
        head = s.stack.last(*HEADS) or head
    if head.kind not in HEADS:
        return None
    what = HEADS[head.kind]
    if s.token.kind == "SEP" and s.following.kind == "LBRACE":
        return s.finding(
            "E117",
            f"the `{{` of the {what} stands on the next line".replace("the `if", "`if"),
            "write `{` on the line of its head",
            s.following,
        )
    subject = f"{what}" if what.startswith("`") else f"the {what}"
    return s.finding(
        "E117",
        f"{subject} has no body: `{{` belongs here, not {s.shown(s.token)}",
        "write the body in braces: `{ ... }`",
    )


def _missing_separator(s: Situation) -> Diagnostic | None:
    token, before = s.token, s.previous
    if s.bracket and s.accepts("COMMA", token.kind):
        return s.finding(
            "E107", f"a comma is missing between {s.shown(before)} and {s.shown(token)}", "put `,` between them"
        )
    if s.first is not None and s.first.kind == "INPUT" and s.accepts("COMMA", token.kind):
        return s.finding(
            "E107", f"a comma is missing between {s.shown(before)} and {s.shown(token)}", "put `,` between them"
        )
    if not s.accepts("SEP", token.kind) or before.kind == "SEP":
        return None
    if token.kind == "RANGE":
        return None
    message = f"{s.shown(before)} and {s.shown(token)} stand side by side"
    if before.kind == "NAME" and token.kind in ("NUMBER", "SHAPE", "STRING"):
        return s.finding("E107", message, f"put arguments in parentheses: `{before.text}({token.text})`")
    return s.finding("E107", message, "begin a new line, or put `;` or `->` between them")


def _arrow_after_input(s: Situation) -> Diagnostic | None:
    if s.token.kind != "ARROW" or s.first is None or s.first.kind != "INPUT":
        return None
    return s.finding(
        "E115",
        "an input is declared in a statement of its own",
        "begin the flow on the next line, without an arrow: it starts from the input",
        fix=s.replace(s.token, "", "remove the arrow") if s.source.starts_line(s.token.start) else None,
    )


def _otherwise(s: Situation) -> Diagnostic:
    possible = [words for kind, words in CATEGORIES if s.accepts(kind)]
    if "a value" in possible:
        possible = [words for words in possible if words not in ("a name", "`{`")]
    expected = ", ".join(possible[:-1]) + " or " + possible[-1] if len(possible) > 1 else "".join(possible)
    help = f"write {expected}" if expected else "remove it"
    return s.finding("E115", f"{s.shown(s.token)} cannot stand here", help)


ATTEMPTS: tuple[Callable[[Situation], Diagnostic | None], ...] = (
    foreign_word,
    _misspelt_keyword,
    _else_alone,
    misplaced.comment_sign,
    _outside,
    _reserved_word,
    _for_without_in,
    misplaced.compound,
    _missing_name,
    _missing_value,
    misplaced.chained_comparison,
    _half_conditional,
    _nothing_bound,
    _unused_use,
    misplaced.misplaced_binding,
    _input_without_shape,
    misplaced.colon,
    misplaced.table_without_key,
    _missing_body,
    misplaced.comma,
    _arrow_after_input,
    _missing_separator,
)
