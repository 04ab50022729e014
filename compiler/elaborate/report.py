"""Collects the findings of one run: each place once, however often a block is applied."""

from __future__ import annotations

from typing import Unpack

from netc.grammar.diagnostics import Details, Diagnostic, Severity, Span

LIMIT = 100


class Report:
    """Findings in the order in which they were made. A second one with the same code at the same place is dropped."""

    def __init__(self) -> None:
        self.found: list[Diagnostic] = []
        self._seen: set[tuple[str, Span | None]] = set()
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
