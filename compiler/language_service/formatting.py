"""Formatting: the one layout of `netc fmt`, as the edits that lead to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import accumulate

from netc.grammar.diagnostics import Edit, Span
from netc.grammar.layout import laid_out
from netc.grammar.source import Source

LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


def formatting(source: Source, lines: tuple[int, int] | None = None) -> list[Edit]:
    """Edits, by whole lines, that lay a text out; lines that stay are in none, so that a cursor there stays too.

    lines   the first and the last line, from 1, to keep to: what changes together with a line in there is changed
    Empty where the text is laid out already, or where its syntax is wrong: the findings say so.
    """
    text, _ = laid_out(source.text, source.file)
    return [edit for edit in _edits(source, text) if lines is None or _touches(edit.span, *lines)]


def _touches(span: Span, first: int, last: int) -> bool:
    """Whether a span of whole lines has one of these; an insertion stands before its line."""
    end = span.end_line - (span.end_column == 1)
    return span.line <= last and first <= max(span.line, end)


def _edits(source: Source, after: str) -> Iterator[Edit]:
    """The hunks of the difference."""
    old, new = LINE.findall(source.text), LINE.findall(after)
    starts = [0, *accumulate(map(len, old))]
    for kind, first, last, begin, end in SequenceMatcher(None, old, new).get_opcodes():
        if kind != "equal":
            yield Edit(source.span(starts[first], starts[last]), "".join(new[begin:end]))
