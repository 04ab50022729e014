"""Findings that have one cause: the same said of several places is one finding, which names them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from netc.grammar.diagnostics import Diagnostic, Fix, Label

PLACES = 3
"""So many further places are shown; that there are more is a note."""
EDITS = 100
"""A repair of all places has no more edits than this."""
MORE = "and in more places"
RESERVED = "E106"


def in_one_file(first: Diagnostic, again: Diagnostic) -> bool:
    """Whether both findings point into the same text."""
    return (
        first.primary is not None and again.primary is not None and first.primary.span.file == again.primary.span.file
    )


def folded(first: Diagnostic, again: Diagnostic) -> Diagnostic:
    """A finding with one more place of the same cause; its repair is that of all places, where each has one."""
    assert again.primary is not None
    fix: Fix | None = None
    if first.fix is not None and again.fix is not None and len(first.fix.edits) < EDITS:
        fix = replace(first.fix, edits=tuple(dict.fromkeys((*first.fix.edits, *again.fix.edits))))
    here = Label(again.primary.span, "and here")
    places = [label for label in first.secondary if label.message == here.message]
    if len(places) < PLACES:
        return replace(first, secondary=(*first.secondary, here), fix=fix)
    if MORE in first.notes and fix == first.fix:
        return first
    notes = [note for note in first.notes if note != MORE]
    return replace(first, notes=(*notes, MORE), fix=fix)


def words_folded(findings: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Findings about syntax, with one for each reserved word that is used as a name, however often it stands there."""
    found: list[Diagnostic] = []
    at: dict[str, int] = {}
    for finding in findings:
        first = at.get(finding.message) if finding.code == RESERVED else None
        if first is None:
            at.setdefault(finding.message, len(found))
            found.append(finding)
        else:
            found[first] = folded(found[first], finding)
    return found


def parts_left_out(findings: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Findings without those about what the repair of another one writes anew."""
    found = []
    for finding in findings:
        part = finding.fix is not None and finding.fix.taken and finding.primary is not None
        if not (part and any(_rewrites(other, finding) for other in findings if other is not finding)):
            found.append(finding)
    return found


def _rewrites(other: Diagnostic, part: Diagnostic) -> bool:
    if other.fix is None or other.fix.taken or part.primary is None:
        return False
    return any(edit.span.covers(part.primary.span) for edit in other.fix.edits)
