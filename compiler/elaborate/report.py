"""Collects the findings of one run: each place once, however often a block is applied."""

from __future__ import annotations

from collections.abc import Iterable

from netc.grammar.diagnostics import Diagnostic, Fix, Label, Severity, Span

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

    def error(
        self,
        code: str,
        message: str,
        span: Span,
        label: str = "",
        *,
        secondary: Iterable[Label] = (),
        notes: Iterable[str] = (),
        help: str | None = None,
        fix: Fix | None = None,
    ) -> None:
        """Report an error at a place."""
        others = tuple(other for other in secondary if other.span != span)
        self.add(Diagnostic(code, message, Label(span, label), others, tuple(notes), help, fix=fix))

    def warning(
        self,
        code: str,
        message: str,
        span: Span,
        label: str = "",
        *,
        secondary: Iterable[Label] = (),
        help: str | None = None,
    ) -> None:
        """Report a finding that does not stop compilation."""
        severity = Severity.WARNING
        self.add(Diagnostic(code, message, Label(span, label), tuple(secondary), (), help, severity))

    def warnings(self, first: int = 0) -> list[Diagnostic]:
        """The findings that are no errors, from one on."""
        return [finding for finding in self.found[first:] if finding.severity is Severity.WARNING]
