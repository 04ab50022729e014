"""Signs where they have no meaning: `=`, `:`, `,`, chained comparisons, and what other languages write."""

from __future__ import annotations

import re

from netc.grammar.confusions import COMPOUND
from netc.grammar.diagnostics import Diagnostic, Edit, Fix
from netc.grammar.foreign_words import braces
from netc.grammar.lexer import COMPARISONS
from netc.grammar.newlines import OPERATORS
from netc.grammar.situation import HEADS, Situation


def comment_sign(s: Situation) -> Diagnostic | None:
    """The comments of other languages."""
    if s.token.kind == "DIVIDE" and s.following.kind in ("TIMES", "POWER") and s.following.start == s.token.end:
        return s.finding("E109", "`/*` opens no comment", "write a comment after `#`, on every line of it")
    if s.token.kind == "FLOOR" and not s.symbols:
        return s.finding(
            "E109",
            "`//` has nothing on its left",
            "write a comment after `#`; `//` divides whole numbers",
            fix=s.replace(s.token, "#", "make it a comment"),
        )
    sign = s.stack.last("FLOOR") if "FLOOR" in s.symbols and s.bracket is None else None
    if sign is not None and s.previous.kind == "NAME" and s.token.kind in ("NAME", "NUMBER"):
        return s.finding(
            "E109",
            "`//` opens no comment",
            "write a comment after `#`; `//` divides whole numbers",
            sign,
            fix=s.replace(sign, "#", "make it a comment"),
        )
    return None


def compound(s: Situation) -> Diagnostic | None:
    """Signs of other languages that our tokens compose."""
    for first, second in ((s.previous, s.token), (s.token, s.following)):
        text = first.text + second.text
        if first.end == second.start and text in COMPOUND:
            help, sign = COMPOUND[text]
            if sign == "->" and s.first is not None and s.first.kind in ("IF", "EXPECT"):
                sign = ">=" if text == "=>" else None
            edits = (Edit(s.source.span(first.start, second.end), sign),) if sign is not None else ()
            fix = Fix(f"write `{sign}`", edits) if edits else None
            return s.finding("E115", f"`{text}` is no sign of the language", help, first, fix)
    return None


def chained_comparison(s: Situation) -> Diagnostic | None:
    """`a < b < c`, `0..2..3`."""
    if s.token.kind == "RANGE" and s.accepts("AND"):
        return s.finding("E112", "ranges do not chain", "write one range: `start..stop`")
    if s.token.kind in COMPARISONS and s.accepts("AND"):
        return s.finding("E112", "comparisons do not chain", "compare one pair at a time: `a < b and b < c`")
    return None


def misplaced_binding(s: Situation) -> Diagnostic | None:
    """`=` where nothing is bound."""
    if s.token.kind != "BINDS":
        return None
    dangling = s.before_line()
    if dangling is not None and dangling.kind in OPERATORS and dangling.kind != "COMMA" and s.bracket is None:
        return s.finding(
            "E109",
            f"`{dangling.text}` has nothing on its right: the next line is a statement of its own",
            "write what comes behind it",
            dangling,
        )
    if s.first is not None and s.first.kind in ("IF", "EXPECT", "REPEAT", "FOR", "OUTPUT") and s.bracket is None:
        return s.finding(
            "E118", "`=` binds a name; it does not compare", "write `==`", fix=s.replace(s.token, "==", "write `==`")
        )
    if s.bracket == "[":
        return s.finding("E118", "`=` stands in a list", "write a table with `:`, as in `[main: 1, aux: 0.3]`")
    if s.first is not None and s.first.kind == "INPUT":
        after = s.following.text if s.following.kind in ("SHAPE", "NUMBER", "NAME") else "3x32x32"
        return s.finding(
            "E118",
            "an input has its shape behind `:`",
            f"write `{s.previous.text}: {after}`",
            fix=s.replace(s.token, ":", "write `:`"),
        )
    help, fix = "write `name = value`, and `==` to compare", None
    joined = s.source.text[s.statement_start : s.token.start].strip()
    if s.bracket is None and re.fullmatch(r"\w+([-.]\w+)+", joined):
        name = re.sub("[-.]", "_", joined.removeprefix("self."))
        help = f"write names with letters, digits and `_`: `{name}`"
        if joined.startswith("self."):
            help = f"a layer is written where it is applied, and `{name} = …` names it"
        fix = Fix(f"write `{name}`", (Edit(s.source.span(s.statement_start, s.previous.end), name),))
    return s.finding("E118", "only a name can stand before `=`", help, fix=fix)


def colon(s: Situation) -> Diagnostic | None:
    """`:` for a named argument, a body or a type."""
    if s.token.kind != "COLON":
        return None
    if s.bracket == "(":
        return s.finding(
            "E119", "an argument is written with `=`", "write `name=value`", fix=s.replace(s.token, "=", "write `=`")
        )
    if s.bracket == "[":
        return s.finding("E119", "a list and a table are mixed", "give every element a key, or none")
    if s.first is not None and s.first.kind in HEADS:
        edits = braces(s.source, s.span(s.token))
        fix = Fix("put the body in braces", edits) if edits else None
        return s.finding("E119", "`:` opens no body", "put the body in braces: `{ ... }`", fix=fix)
    return s.finding(
        "E119", "`:` has no meaning here", "bind with `name = value`; a type and a shape belong to `input name: shape`"
    )


def table_without_key(s: Situation) -> Diagnostic | None:
    """An element without a key among those with one."""
    if s.bracket == "[" and s.accepts("COLON") and not s.accepts("COMMA") and s.token.kind in ("COMMA", "RSQB"):
        return s.finding("E119", "a list and a table are mixed", "give every element a key, or none", s.previous)
    return None


def comma(s: Situation) -> Diagnostic | None:
    """`,` where one thing stands."""
    if s.token.kind != "COMMA":
        return None
    if s.bracket == "(":
        if (names := _targets(s)) is not None:
            help = "write the names without parentheses: `a, b = …`"
            return s.finding("E115", "names are bound without parentheses", help, fix=names)
        return s.finding(
            "E115", "parentheses hold one value here, not several", "write a list: `[a, b]`", fix=_as_list(s)
        )
    if s.bracket == "[":
        return s.finding(
            "E115", "an index is one number", "write arguments in parentheses, and `x[i][j]` for lists of lists"
        )
    last = s.following.kind in ("SEP", "RBRACE", "$END") or s.source.starts_line(s.following.start)
    return s.finding(
        "E115",
        "`,` separates no statements",
        "begin a new line, or write `;`; values in a list are `[a, b]`",
        fix=s.replace(s.token, "", "remove it") if last else None,
    )


NAMES = re.compile(r"\(([ \t]*[^\W\d]\w*[ \t]*(?:,[ \t]*[^\W\d]\w*[ \t]*)*,?[ \t]*)\)[ \t]*=(?!=)")


def _targets(s: Situation) -> Fix | None:
    """`(a, b) = …` at the start of a statement, as `a, b = …`."""
    opening = s.stack.values[s.brackets[0]]
    found = NAMES.match(s.source.text, opening.start)
    if opening.start != s.statement_start or found is None:
        return None
    whole = s.source.span(opening.start, found.end(0) - 1)
    names = ", ".join(found[1].replace(",", " ").split())
    return Fix(f"write `{names}`", (Edit(whole, f"{names} "),))


def _as_list(s: Situation) -> Fix | None:
    """The parentheses around several values as brackets."""
    opening = s.stack.values[s.brackets[0]]
    depth = 0
    for token in s.tokens[s.index :]:
        depth += (token.kind in ("LPAR", "LSQB")) - (token.kind in ("RPAR", "RSQB"))
        if depth < 0:
            edits = (Edit(s.span(opening), "["), Edit(s.span(token), "]"))
            return Fix("write a list", edits) if token.kind == "RPAR" and not token.made else None
    return None
