"""Findings: what went wrong, where, what was expected, and the way out.

Every phase reports through this one type; drawing it is `render`'s business. A user's mistake is a
Diagnostic and travels in a DiagnosticError. Any other exception is a bug in netc.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, TypedDict, Unpack


class Span(NamedTuple):
    """A stretch of source text. Lines and columns count from 1; the end column is one past the last character."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int

    def covers(self, other: Span) -> bool:
        """Whether another span of the file lies inside this one."""
        start, end = (other.line, other.column), (other.end_line, other.end_column)
        inside = (self.line, self.column) <= start and end <= (self.end_line, self.end_column)
        return inside and self.file == other.file

    def to(self, end: Span) -> Span:
        """The span from the start of this one to the end of another."""
        return Span(self.file, self.line, self.column, end.end_line, end.end_column)


class Severity(StrEnum):
    """An error stops; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


LONG_QUOTE, LONG_TEXT = 300, 4000
_QUOTED = re.compile(rf"`[^`]{{{LONG_QUOTE},}}`|\"[^\"]{{{LONG_QUOTE},}}\"")


def brief(text: str, *, whole: bool = False) -> str:
    """What a finding says, at a length that somebody reads: long quotations are cut in their middle, a long end off.

    whole  where it is of any such length, quotations are left as they are: a command that is cut is another one
    """
    if len(text) <= (LONG_TEXT if whole else LONG_QUOTE):
        return text
    cut = _QUOTED.sub(lambda found: found[0][: LONG_QUOTE // 2] + "…" + found[0][-20:], text)
    return cut if len(cut) <= LONG_TEXT else cut[: LONG_TEXT - 1] + "…"


@dataclass(frozen=True, slots=True)
class Label:
    """A span and what there is to say about it (may be empty)."""

    span: Span
    message: str = ""

    def __post_init__(self) -> None:
        if len(self.message) > LONG_QUOTE:
            object.__setattr__(self, "message", brief(self.message))


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the text of a span; an empty span inserts."""

    span: Span
    text: str


class Change(StrEnum):
    """What a fix may change besides the text.

    outputs     names, shapes and kinds of what flows in and out
    parameters  which weights and buffers there are, their shapes and how they start
    structure   which operators compute what
    training    what the train sections say
    names       names of layers and weights, which weight files know
    comments    what people wrote
    """

    OUTPUTS = "outputs"
    PARAMETERS = "parameters"
    STRUCTURE = "structure"
    TRAINING = "training"
    NAMES = "names"
    COMMENTS = "comments"


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits that repair a finding, with a title such as "drop the bias".

    safe     whether `--fix` applies it: the network computes what it did, and its weight files still fit. Others change
             either, or guess at what was meant, and wait for `--unsafe-fixes`
    changes  what may differ afterwards; where anything else does, the fix is refused
    taken    whether the text is read as if this were done already, so that nothing around it is left out
    """

    title: str
    edits: tuple[Edit, ...]
    safe: bool = False
    changes: tuple[Change, ...] = ()
    taken: bool = False


class Details(TypedDict, total=False):
    """What there may be to say about a finding besides its message and its place: see Diagnostic."""

    secondary: Iterable[Label]
    notes: Iterable[str]
    help: str | None
    fix: Fix | None


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding.

    code      "E301": E1 syntax, E2 names and arguments, E3 shapes and types, E4 training, E5 data and weights,
              E6 devices, E7 runs; other letters lint, such as "L001". The long version is `codes/<code>.md` or the lint
              rule's docstring.
    message   one lowercase headline without a full stop, never advice
    primary   the place; None for findings about things that have no text (a device, an image file)
    secondary other places that matter, such as the producer of a wrong shape
    notes     facts, one a line, such as the chain of layers that led to a shape
    help      an instruction that gets the user out, or None
    """

    code: str
    message: str
    primary: Label | None = None
    secondary: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    help: str | None = None
    severity: Severity = Severity.ERROR
    fix: Fix | None = None

    def __post_init__(self) -> None:
        if len(self.message) > LONG_QUOTE:
            object.__setattr__(self, "message", brief(self.message))
        if self.help is not None and len(self.help) > LONG_QUOTE:
            object.__setattr__(self, "help", brief(self.help, whole=True))
        if any(len(note) > LONG_QUOTE for note in self.notes):
            object.__setattr__(self, "notes", tuple(map(brief, self.notes)))

    @classmethod
    def at(
        cls, severity: Severity, code: str, message: str, span: Span, label: str = "", **details: Unpack[Details]
    ) -> Diagnostic:
        """A finding at a place of the text. Of the other places those that are the same one are left out."""
        return cls(
            code,
            message,
            Label(span, label),
            tuple(other for other in details.get("secondary", ()) if other.span != span),
            tuple(details.get("notes", ())),
            details.get("help"),
            severity,
            details.get("fix"),
        )


def in_reading_order(findings: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Findings by file, line, column and code; those without a place come first."""

    def order(finding: Diagnostic) -> tuple[str, int, int, str]:
        if finding.primary is None:
            return "", 0, 0, finding.code
        span = finding.primary.span
        return span.file, span.line, span.column, finding.code

    return sorted(findings, key=order)


def _said(finding: Diagnostic) -> str:
    """A finding as the text of an exception: place, code, what is wrong, the way out."""
    place = f"{finding.primary.span.file}:{finding.primary.span.line}: " if finding.primary else ""
    detail = f" ({finding.primary.message})" if finding.primary and finding.primary.message else ""
    return f"{place}[{finding.code}] {finding.message}{detail}" + (f"; help: {finding.help}" if finding.help else "")


class DiagnosticError(Exception):
    """Carries findings out of a phase that cannot go on. The command line draws them and picks the exit code."""

    def __init__(self, diagnostics: Iterable[Diagnostic] | Diagnostic) -> None:
        found = (diagnostics,) if isinstance(diagnostics, Diagnostic) else tuple(diagnostics)
        assert found, "a DiagnosticError needs at least one finding"
        self.diagnostics: tuple[Diagnostic, ...] = found
        super().__init__("\n".join(map(_said, found)))

    def __reduce__(self) -> tuple[type[DiagnosticError], tuple[tuple[Diagnostic, ...]]]:
        """Made again of its findings, where it goes from one process to another."""
        return type(self), (self.diagnostics,)


def suggestions(wrong: str, known: Iterable[str]) -> list[str]:
    """At most four known names that are near a wrong one, nearest first.

    Near is an edit distance of 2, of 1 under five letters and of 0 for a single one; letters count as equal whatever
    their case, and capitals decide between names that are equally near.
    """
    limit = 2 if len(wrong) >= 5 else 1 if len(wrong) >= 2 else 0
    folded = wrong.lower()
    scored = sorted(
        (distance, edit_distance(wrong, name), name)
        for name in set(known)
        if abs(len(wrong) - len(name)) <= limit and (distance := edit_distance(folded, name.lower())) <= limit
    )
    return [name for _, _, name in scored[:4]]


def did_you_mean(wrong: str, known: Iterable[str]) -> str | None:
    """The help text for an unknown name, or None where nothing is near."""
    near = suggestions(wrong, known)
    return f"use {' or '.join(f'`{name}`' for name in near)}" if near else None


def edit_distance(a: str, b: str) -> int:
    """Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours."""
    before_last: list[int] = []
    last = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, before_last[j - 2] + 1)
            row.append(cost)
        before_last, last = last, row
    return last[-1]
