"""What the checker makes of a mutation, in the six questions of the table."""

from __future__ import annotations

from dataclasses import dataclass

from netc.compiler.check import check
from netc.grammar.diagnostics import Diagnostic, Severity
from tests.support.injections.mutation import Mutation
from tests.support.injections.original import Original
from tests.support.repairs import applied


@dataclass(frozen=True, slots=True)
class Verdict:
    """One mutation: whether there is an error, one finding and no more, at the right line, with a code that fits, a
    hint that names the repair, and a fix, where one is offered, after which the file checks (None where none is)."""

    mutation: Mutation
    file: str
    findings: tuple[Diagnostic, ...]
    caught: bool
    alone: bool
    line: bool
    code: bool
    hint: bool
    fix: bool | None

    @property
    def good(self) -> bool:
        """Whether nothing is left to wish."""
        return self.caught and self.alone and self.line and self.code and self.hint and self.fix is not False


def judge(original: Original, mutation: Mutation) -> Verdict:
    """Check a mutation's text as the file that it was made of."""
    path = str(original.path)
    found = check(path, mutation.text, mutation.beside).diagnostics
    errors = [one for one in found if one.severity is Severity.ERROR]
    first = errors[0] if errors else None
    fix = None
    if first is not None and first.fix is not None and len(errors) == 1:
        left = check(path, applied(mutation.text, first.fix), mutation.beside).diagnostics
        fix = not any(one.severity is Severity.ERROR for one in left)
    return Verdict(
        mutation, path, tuple(found), first is not None, len(found) == 1,
        first is not None and first.primary is not None and first.primary.span.line in mutation.lines,
        first is not None and first.code in mutation.codes,
        first is not None and any(hint in _hint(first) for hint in mutation.hints),
        fix,
    )  # fmt: skip


def _hint(finding: Diagnostic) -> str:
    """All that a finding says of the way out."""
    edits = [f"`{edit.text.strip()}`" for edit in finding.fix.edits] if finding.fix is not None else []
    return "\n".join([finding.help or "", finding.fix.title if finding.fix else "", *edits, *finding.notes])
