"""What an editor offers for findings: their repairs, and a comment that allows what a rule says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from netc.grammar.diagnostics import Diagnostic, Edit, Severity, Span
from netc.grammar.source import Source


@dataclass(frozen=True, slots=True)
class Repair:
    """Edits with a title; `preferred` ones are the finding's own, and `finding` is what they are for."""

    title: str
    edits: tuple[Edit, ...]
    finding: Diagnostic
    preferred: bool = False


def repairs(findings: Iterable[Diagnostic], source: Source, first: int, last: int) -> Iterator[Repair]:
    """The repairs of findings that touch some lines of a file."""
    for finding in findings:
        if finding.primary is None or finding.primary.span.file != source.file:
            continue
        span = finding.primary.span
        if span.line > last or span.end_line < first:
            continue
        if finding.fix is not None:
            yield Repair(finding.fix.title, finding.fix.edits, finding, True)
        if finding.severity is Severity.WARNING:
            yield Repair(f"allow {finding.code} on this line", (_allowed(finding.code, span, source),), finding)


def _allowed(code: str, span: Span, source: Source) -> Edit:
    """A comment in a line of its own above, where one may also say why."""
    line = source.line(span.line)
    indent = line[: len(line) - len(line.lstrip())]
    at = Span(span.file, span.line, 1, span.line, 1)
    return Edit(at, f"{indent}# netc: allow {code} because it is meant\n")


def all_repairs(findings: Sequence[Diagnostic], source: Source) -> tuple[Edit, ...]:
    """The edits of all findings of a file that have a repair; of two that touch each other the first."""
    made: list[Edit] = []
    for finding in findings:
        edits = finding.fix.edits if finding.fix is not None else ()
        here = all(edit.span.file == source.file for edit in edits)
        if here and not any(_touch(edit.span, other.span) for edit in edits for other in made):
            made += edits
    return tuple(made)


def _touch(one: Span, other: Span) -> bool:
    return (one.line, one.column) <= (other.end_line, other.end_column) and (other.line, other.column) <= (
        one.end_line,
        one.end_column,
    )
