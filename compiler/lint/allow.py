"""`# netc: allow L001 because …` and `# netc: allow-file L001 because …`: what the text itself calls intended."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from netc.grammar import ast
from netc.grammar.diagnostics import Diagnostic, Severity, Span
from netc.grammar.walk import walk

MARK = re.compile(r"#\s*netc:\s*(?P<rest>.*)$")
ALLOW = re.compile(r"allow(?P<file>-file)?\s+(?P<codes>\w+(?:\s*,\s*\w+)*)(?:\s+because\s+\S.*|\s*)$")

OPENS = re.compile(r"\{\s*(#.*)?$")


@dataclass(slots=True)
class Allow:
    """One comment. It covers its own line and, if it stands alone, the statement below it, up to a body that opens.

    codes   as written; None where the comment could not be understood
    whole   `allow-file`: it covers the whole file
    used    how many findings it suppressed, by code
    """

    span: Span
    codes: tuple[str, ...] | None
    lines: frozenset[int]
    whole: bool = False
    used: Counter[str] = field(default_factory=Counter)

    def covers(self, finding: Diagnostic) -> bool:
        """Whether it suppresses this finding; errors cannot be allowed away."""
        if self.codes is None or finding.code not in self.codes or finding.severity is Severity.ERROR:
            return False
        if self.whole or finding.primary is None:
            return self.whole
        span = finding.primary.span
        return span.file == self.span.file and (span.line in self.lines or span.end_line == self.span.line)


def allows(tree: ast.File) -> list[Allow]:
    """Every `# netc:` comment of a file, in order."""
    lines = tree.source.splitlines()
    found: list[Allow] = []
    ends: dict[int, int] = {}
    for comment in tree.comments:
        if match := MARK.match(comment.text):
            ends = ends or _ends(tree)
            allow = ALLOW.match(match["rest"].strip())
            codes = tuple(part.strip() for part in allow["codes"].split(",")) if allow else None
            whole = bool(allow and allow["file"])
            found.append(Allow(comment.span, codes, frozenset(_covered(comment.span.line, lines, ends)), whole))
    return found


def _ends(tree: ast.File) -> dict[int, int]:
    """The last line of what begins on a line."""
    ends: dict[int, int] = {}
    for node in walk(*tree.items):
        ends[node.span.line] = max(ends.get(node.span.line, 0), node.span.end_line)
    return ends


def _covered(line: int, lines: list[str], ends: Mapping[int, int]) -> Iterable[int]:
    yield line
    if lines[line - 1].lstrip().startswith("#"):
        first = line + 1
        while first <= len(lines) and (not lines[first - 1].strip() or lines[first - 1].lstrip().startswith("#")):
            first += 1
        for covered in range(first, min(ends.get(first, first), len(lines)) + 1):
            yield covered
            if OPENS.search(lines[covered - 1]):
                break


def suppress(findings: Iterable[Diagnostic], comments: list[Allow]) -> list[Diagnostic]:
    """The findings that no comment covers; the comments remember which codes they were needed for."""
    left = []
    for finding in findings:
        covering = [comment for comment in comments if comment.covers(finding)]
        for comment in covering:
            comment.used[finding.code] += 1
        if not covering:
            left.append(finding)
    return left
