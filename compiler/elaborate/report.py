"""Collects the findings of one run: each place once, however often a block is applied; and how far it has grown."""

from __future__ import annotations

from dataclasses import replace
from typing import Unpack

from netc.compiler.elaborate.extent import Extent
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Details, Diagnostic, DiagnosticError, Severity, Span, in_reading_order
from netc.grammar.same_cause import folded, in_one_file, parts_left_out

LIMIT = 100
"""Findings of one run; how many more there are is a note of the last."""
OF_A_WORD = ("E201", "E202")
"""Findings about a word: the same word in other places is one cause, and one finding."""


class Report:
    """Findings in the order in which they were made. A second one with the same code at the same place is dropped."""

    def __init__(self) -> None:
        self.found: list[Diagnostic] = []
        self._seen: set[tuple[str, Span | None]] = set()
        self._said: dict[tuple[str, str], int] = {}
        self._places: dict[tuple[str, str], int] = {}
        self.extent = Extent()
        self.left_out = 0  # findings past the limit
        self.told = 0  # findings that anybody made, those that were dropped too
        self.errors = 0
        self.unmet = 0  # of the errors, how many are expectations that do not hold

    def add(self, finding: Diagnostic) -> None:
        """Take a finding, unless its place has one of its code already."""
        self.told += 1
        key = (finding.code, finding.primary.span if finding.primary else None)
        is_error = finding.severity is Severity.ERROR
        self.errors += is_error
        self.unmet += finding.code == "E310"
        if key in self._seen:
            return
        self._seen.add(key)
        first = self._said.get((finding.code, finding.message), len(self.found))
        if finding.code in OF_A_WORD and first < len(self.found) and in_one_file(self.found[first], finding):
            self.found[first] = folded(self.found[first], finding)
        elif len(self.found) >= LIMIT:
            self.left_out += 1
        else:
            self._said.setdefault((finding.code, finding.message), first)
            self.found.append(finding)

    def again(self, code: str, message: str, span: Span) -> bool:
        """Whether enough has been said about a cause, or about all: then one more place needs no way out worked out."""
        self.told += 1
        places = self._places[code, message] = self._places.get((code, message), 0) + 1
        if places <= LIMIT and len(self.found) < LIMIT:
            return False
        self.add(Diagnostic.at(Severity.ERROR, code, message, span))
        return True

    def all(self) -> list[Diagnostic]:
        """What was found, in the order of the text; the last one has a note of how many were left out."""
        found = parts_left_out(in_reading_order(self.found))
        if self.left_out:
            note = f"{counted(self.left_out, 'more finding')} left out: these are the first {LIMIT}"
            found[-1] = replace(found[-1], notes=(*found[-1].notes, note))
        return found

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

    def stop_at_errors(self) -> None:
        """Raise DiagnosticError with all errors, where there are some."""
        if self.errors:
            raise DiagnosticError([found for found in self.all() if found.severity is Severity.ERROR])
