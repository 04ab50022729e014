"""L908: parentheses around what is whole without them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.text import same, source
from netc.grammar.diagnostics import Diagnostic, Edit, Fix
from netc.grammar.lexer import Token
from netc.grammar.parse import parse, tokens

BEFORE = frozenset(("(", "[", ",", "=", "if", "in", "repeat", "expect", "else"))
SUSPICIOUS = re.compile(r"([(\[,=]|\b(if|in|repeat|expect|else))[ \t]*\(")
AFTER = frozenset((")", "]", ",", "{", "}"))
"""What a whole expression begins behind, and ends in front of, besides the ends of statements."""


@rule("L908", fix="safe")
def redundant_parentheses(subject: Subject) -> Iterator[Diagnostic]:
    """Parentheses stand around a whole expression.

    ## What it does
    Finds parentheses around all of an argument, of a value, of a list's element, or of what follows `if`, `in`,
    `repeat` and `expect`, without which the text means the same. Those that group a part of a sum are left alone, even
    where they could go.

    ## Why is this bad
    In this language parentheses hold arguments, or put a flow into arithmetic. Around a whole they look as if something
    were applied.

    ## Example
    ```
    net Small(width = 8) {
      input image: 1x28x28
      if (width > 4) { conv((2 * width), 3x3, act=relu) }
      flatten
      logits = dense(10)
    }
    ```

    ## Use instead
    ```
    net Small(width = 8) {
      input image: 1x28x28
      if width > 4 { conv(2 * width, 3x3, act=relu) }
      flatten
      logits = dense(10)
    }
    ```
    """
    if not SUSPICIOUS.search(subject.tree.source):
        return
    found = list(_pairs(tokens(subject.tree.source, subject.tree.span.file), subject.tree.source))
    if not found or not _same_without(subject, found):
        found = [pair for pair in found if _same_without(subject, [pair])]
    text = source(subject)
    for start, end in found:
        behind_a_word = start > 0 and text.text[start - 1].isalnum()
        edits = (Edit(text.span(start, start + 1), " " * behind_a_word), Edit(text.span(end, end + 1), ""))
        yield warning(
            "these parentheses hold a whole",
            text.span(start, end + 1),
            help="leave them out",
            fix=Fix("leave the parentheses out", edits),
        )


def _pairs(found: list[Token], text: str) -> Iterator[tuple[int, int]]:
    """Offsets of parentheses on one line with nothing of the expression before or behind them."""
    opened: list[int] = []
    for at, token in enumerate(found):
        if token.text == "(":
            opened.append(at)
        elif token.text == ")" and opened:
            first = opened.pop()
            after = found[at + 1]
            ends = after.text in AFTER or after.kind in ("SEP", "$END")
            one_line = "\n" not in text[found[first].start : token.end]
            if first and found[first - 1].text in BEFORE and ends and at > first + 1 and one_line:
                yield found[first].start, token.start


def _same_without(subject: Subject, pairs: list[tuple[int, int]]) -> bool:
    """Whether the text says the same with spaces in the place of these parentheses."""
    text = list(subject.tree.source)
    for start, end in pairs:
        text[start] = text[end] = " "
    tree, findings = parse("".join(text), subject.tree.span.file)
    return not findings and same(tree.items, subject.tree.items)
