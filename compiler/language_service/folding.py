"""What folds: braces, brackets and comments of more than one line."""

from __future__ import annotations

from dataclasses import dataclass

from netc.compiler.language_service.workspace import Analysis

OPENERS = {"LBRACE": "RBRACE", "LPAR": "RPAR", "LSQB": "RSQB"}


@dataclass(frozen=True, slots=True)
class Fold:
    """Lines that fold into the first of them; `comment` says that they are comments."""

    first: int
    last: int
    comment: bool = False


def folds(analysis: Analysis) -> list[Fold]:
    """The folds of a file. The line of a closing bracket stays in sight."""
    found: list[Fold] = []
    for placed in analysis.text.placed:
        open_: list[tuple[str, int]] = []
        for token in placed.part.parsed.tokens:
            line = placed.part.source.place(token.start)[0] + placed.line - 1
            if token.kind in OPENERS:
                open_.append((token.kind, line))
            elif token.kind in OPENERS.values():
                while open_ and OPENERS[open_[-1][0]] != token.kind:
                    open_.pop()
                if open_ and (first := open_.pop()[1]) < line - 1:
                    found.append(Fold(first, line - 1))
    lines = [comment.span.line for comment in analysis.file.comments if comment.span.column == 1]
    first = last = 0
    for line in [*lines, 0]:
        if line == last + 1:
            last = line
            continue
        if first < last:
            found.append(Fold(first, last, True))
        first = last = line
    return sorted(set(found), key=lambda fold: (fold.first, fold.last))
