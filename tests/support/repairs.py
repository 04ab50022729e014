"""Repairs that findings offer, taken one after the other as an editor would."""

from __future__ import annotations

from netc.compiler.check import check
from netc.grammar.diagnostics import Diagnostic, Fix, Severity
from netc.grammar.source import Source

MOST = 40


def applied(text: str, fix: Fix) -> str:
    """A text after the edits of a repair, which must not overlap."""
    source = Source("a.net", text)
    lines = [0]
    for line in range(1, source.lines):
        lines.append(text.index(source.line(line), lines[-1]) + len(source.line(line)) + 1)
    edits = sorted(
        (
            (lines[e.span.line - 1] + e.span.column - 1, lines[e.span.end_line - 1] + e.span.end_column - 1, e.text)
            for e in fix.edits
        ),
        reverse=True,
    )
    last = len(text)
    for start, end, new in edits:
        assert start <= end <= last, "edits overlap"
        text, last = text[:start] + new + text[end:], start
    return text


def errors(text: str) -> list[Diagnostic]:
    """What is wrong with a program."""
    return [found for found in check("a.net", text).diagnostics if found.severity is Severity.ERROR]


def repaired(text: str) -> tuple[str, list[Diagnostic]]:
    """A program after all repairs that its errors offer, and the errors that are left."""
    for _ in range(MOST):
        left = errors(text)
        fix = next((found.fix for found in left if found.fix is not None), None)
        if fix is None:
            return text, left
        text = applied(text, fix)
    raise AssertionError(f"the repairs come to no end:\n{text}")
