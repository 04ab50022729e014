"""Collects the findings of one run: each place once, however often a block is applied."""

from __future__ import annotations

from dataclasses import replace
from typing import Unpack

from netc.grammar.diagnostics import Details, Diagnostic, Fix, Label, Severity, Span

LIMIT = 100
OF_A_WORD = ("E201", "E202")
"""Findings about a word: the same word in other places is one cause, and one finding."""
PLACES = 3
MORE = "and in more places"


class Report:
    """Findings in the order in which they were made. A second one with the same code at the same place is dropped."""

    def __init__(self) -> None:
        self.found: list[Diagnostic] = []
        self._seen: set[tuple[str, Span | None]] = set()
        self._said: dict[tuple[str, str], int] = {}
        self.errors = 0
        self.unmet = 0  # of the errors, how many are expectations that do not hold

    def add(self, finding: Diagnostic) -> None:
        """Take a finding, unless its place has one of its code already."""
        key = (finding.code, finding.primary.span if finding.primary else None)
        is_error = finding.severity is Severity.ERROR
        self.errors += is_error
        self.unmet += finding.code == "E310"
        if key in self._seen or len(self.found) >= LIMIT:
            return
        self._seen.add(key)
        first = self._said.setdefault((finding.code, finding.message), len(self.found))
        if finding.code in OF_A_WORD and first < len(self.found) and _one_file(self.found[first], finding):
            self.found[first] = _folded(self.found[first], finding)
        else:
            self.found.append(finding)

    @property
    def mistakes(self) -> int:
        """Errors that leave something without a value; an expectation that does not hold is none."""
        return self.errors - self.unmet

    def error(self, code: str, message: str, span: Span, label: str = "", **details: Unpack[Details]) -> None:
        """Report an error at a place."""
        self.add(Diagnostic.at(Severity.ERROR, code, message, span, label, **details))

    def warning(self, code: str, message: str, span: Span, label: str = "", **details: Unpack[Details]) -> None:
        """Report a finding that does not stop compilation."""
        self.add(Diagnostic.at(Severity.WARNING, code, message, span, label, **details))

    def warnings(self, first: int = 0) -> list[Diagnostic]:
        """The findings that are no errors, from one on."""
        return [finding for finding in self.found[first:] if finding.severity is Severity.WARNING]


def _one_file(first: Diagnostic, again: Diagnostic) -> bool:
    return (
        first.primary is not None and again.primary is not None and first.primary.span.file == again.primary.span.file
    )


def _folded(first: Diagnostic, again: Diagnostic) -> Diagnostic:
    """A finding with one more place of the same word; its repair is that of all places, where each has one."""
    assert again.primary is not None
    fix: Fix | None = None
    if first.fix is not None and again.fix is not None:
        fix = replace(first.fix, edits=tuple(dict.fromkeys((*first.fix.edits, *again.fix.edits))))
    here = Label(again.primary.span, "and here")
    places = [label for label in first.secondary if label.message == here.message]
    if len(places) < PLACES:
        return replace(first, secondary=(*first.secondary, here), fix=fix)
    notes = [note for note in first.notes if note != MORE]
    return replace(first, notes=(*notes, MORE), fix=fix)
