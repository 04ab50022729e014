"""Fixes on their way into a file: applied in rounds, looked at again each time, refused where they do harm.

A round applies all fixes that may change the same and whose edits don't touch. The text that they leave is parsed,
elaborated and linted again before it counts: no error may be new, no rule may find more than before, no comment may be
gone, and every net is what it was but for what the fix declares (`Fix.changes`). Where a round fails, its fixes are
tried one by one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from netc.compiler.check import CheckResult
from netc.compiler.lint.identity import Identity, changed, identity
from netc.grammar.diagnostics import Change, Diagnostic, Edit, Severity
from netc.grammar.source import Source

ROUNDS = 50
"""More than this many nobody waits for: two fixes that undo each other end here."""

Look = Callable[[str], tuple[CheckResult, list[Diagnostic]]]
"""What checks and lints a text in the place of the file's."""


@dataclass(frozen=True, slots=True)
class State:
    """A text, what is found in it, its nets by name, once for each set of arguments, and its comments."""

    text: str
    findings: list[Diagnostic]
    nets: dict[str, list[Identity]]
    comments: Counter[str]

    @property
    def errors(self) -> list[Diagnostic]:
        """The findings of an error's weight."""
        return [finding for finding in self.findings if finding.severity is Severity.ERROR]


@dataclass(slots=True)
class Fixed:
    """What became of a file.

    text     after all fixes, `before` as it was
    applied  the findings whose fixes are in the text now
    left     what is found in the text as it is now
    refused  those of them whose fix would have done harm, with a note that says which
    """

    before: str
    text: str
    applied: list[Diagnostic] = field(default_factory=list)
    refused: list[Diagnostic] = field(default_factory=list)
    left: list[Diagnostic] = field(default_factory=list)


def fix(file: str, text: str, look: Look, *, unsafe: bool) -> Fixed:
    """Apply what `look` finds fixes for in one file, until nothing changes. Nothing is written."""
    state = _state(text, look)
    result = Fixed(text, text)
    refused: dict[object, str] = {}
    for _ in range(ROUNDS):
        chosen = _chosen(file, state, unsafe, refused)
        if not chosen:
            break
        state = _round(state, chosen, look, result, refused)
    result.text = state.text
    for finding in state.findings:
        why = refused.get(_key(finding, state.text)) if finding.fix is not None else None
        if why is not None:
            finding = replace(finding, notes=(*finding.notes, f"its fix was not applied: {why}"))
            result.refused.append(finding)
        result.left.append(finding)
    return result


def fixable(finding: Diagnostic, file: str, *, unsafe: bool) -> bool:
    """Whether a finding brings a fix that lies in this file and may be applied."""
    found = finding.fix
    if found is None or not found.edits or not (found.safe or unsafe):
        return False
    return all(edit.span.file == file for edit in found.edits)


def edited(source: Source, edits: Iterable[Edit]) -> str:
    """The text after edits that do not overlap."""
    text = source.text
    for edit in sorted(edits, key=lambda edit: source.offsets(edit.span), reverse=True):
        start, end = source.offsets(edit.span)
        text = text[:start] + edit.text + text[end:]
    return text


def _round(state: State, chosen: Sequence[Diagnostic], look: Look, result: Fixed, refused: dict[object, str]) -> State:
    """The state after the fixes of one round: all of them, or those that do no harm one by one."""
    together = _tried(state, chosen, look)
    if isinstance(together, State):
        result.applied += chosen
        return together
    if len(chosen) == 1:
        refused[_key(chosen[0], state.text)] = together
        return state
    # spans hold for the text that they were found in, so one fix is applied and the next round finds the others again
    for finding in chosen:
        alone = _tried(state, [finding], look)
        if isinstance(alone, State):
            result.applied.append(finding)
            return alone
        refused[_key(finding, state.text)] = alone
    return state


def _chosen(file: str, state: State, unsafe: bool, refused: dict[object, str]) -> list[Diagnostic]:
    """The fixes of one round, in reading order: of those that overlap, the first."""
    source = Source(file, state.text)
    taken: list[tuple[int, int]] = []
    chosen: list[Diagnostic] = []
    for finding in state.findings:
        if not fixable(finding, file, unsafe=unsafe) or _key(finding, state.text) in refused:
            continue
        assert finding.fix is not None
        if chosen and chosen[0].fix is not None and chosen[0].fix.changes != finding.fix.changes:
            continue  # what one may change is no leave for another
        ranges = [source.offsets(edit.span) for edit in dict.fromkeys(finding.fix.edits)]
        if any(_touch(one, other) for one in ranges for other in taken) or _overlap(ranges):
            continue
        taken += ranges
        chosen.append(finding)
    return chosen


def _touch(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether two stretches share a character or a place to insert at."""
    return one[0] <= other[1] and other[0] <= one[1]


def _overlap(ranges: Sequence[tuple[int, int]]) -> bool:
    ordered = sorted(ranges)
    return any(after[0] < before[1] for before, after in pairwise(ordered))


def _tried(state: State, chosen: Sequence[Diagnostic], look: Look) -> State | str:
    """The state after these fixes; or what harm they do."""
    file = next(edit.span.file for finding in chosen if finding.fix for edit in finding.fix.edits)
    edits = dict.fromkeys(edit for finding in chosen if finding.fix for edit in finding.fix.edits)
    text = edited(Source(file, state.text), edits)
    if text == state.text:
        return "it changes nothing"
    after = _state(text, look)
    return _harm(state, after, chosen) or after


def _harm(before: State, after: State, chosen: Sequence[Diagnostic]) -> str | None:
    """What is worse after some fixes than before, in words; None where nothing is."""
    allowed = {change for finding in chosen if finding.fix for change in finding.fix.changes}
    phase = min((finding.code[:2] for finding in before.errors), default="")
    repaired = phase and phase not in {finding.code[:2] for finding in after.errors}
    known = Counter(finding.code for finding in before.findings)
    known.subtract(finding.code for finding in chosen)
    for finding in after.findings:
        known[finding.code] -= 1
        # what only now can be looked at was hidden by an error of an earlier phase, and not brought by the fix
        revealed = repaired and finding.code[:2] > phase
        if known[finding.code] < 0 and not revealed:
            still = any(finding.code == one.code for one in chosen)
            return "the finding would stay" if still else f"it would bring {finding.code}, {finding.message}"
    if Change.COMMENTS not in allowed and before.comments != after.comments:
        return "a comment would be lost"
    for name, ones in before.nets.items():
        others = after.nets.get(name, [])
        if len(others) < len(ones):
            return f"net `{name}` would be gone"
        for one, other in zip(ones, others, strict=False):
            wrong = sorted(changed(one, other) - allowed)
            if wrong:
                return f"it would change the {' and '.join(wrong)} of net `{name}`"
    return None


def _state(text: str, look: Look) -> State:
    checked, findings = look(text)
    nets: dict[str, list[Identity]] = {}
    for net in checked.nets:
        nets.setdefault(net.name, []).append(identity(net))
    return State(text, findings, nets, Counter(comment.text for comment in checked.file.comments))


def _key(finding: Diagnostic, text: str) -> object:
    """What tells a refused fix from others although lines above it may come and go."""
    assert finding.fix is not None
    source = Source("", text)
    lines = tuple(source.line(edit.span.line) for edit in finding.fix.edits)
    label = finding.primary.message if finding.primary else ""
    return (
        finding.code,
        finding.message,
        label,
        finding.fix.title,
        tuple(edit.text for edit in finding.fix.edits),
        lines,
    )
