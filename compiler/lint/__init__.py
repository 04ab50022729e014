"""Rules beyond correctness, one a file in `rules/`, each with its documentation; who runs them and what is allowed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from netc.compiler.lint.allow import allows, suppress
from netc.compiler.lint.base import Rule, Subject, all_rules
from netc.compiler.lint.config import Config, config_for
from netc.compiler.lint.evidence import Evidence, beside
from netc.compiler.lint.files import find_files
from netc.grammar import ast
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, DiagnosticError, did_you_mean, in_reading_order

if TYPE_CHECKING:
    from netc.compiler.load import CheckResult

__all__ = ["LintResult", "Rule", "all_rules", "find_files", "lint", "lint_checked", "selected"]


@dataclass(frozen=True, slots=True)
class LintResult:
    """Findings by file and place, the texts they point into, and the files that were read."""

    diagnostics: list[Diagnostic] = field(default_factory=list)
    sources: dict[str, str] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)


def lint(
    paths: Iterable[str | Path],
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    *,
    only_check: bool = False,
    texts: Mapping[str, bytes] | None = None,
    evidence: Evidence | None = None,
) -> LintResult:
    """Check and lint files and folders. Raises DiagnosticError where the settings themselves are wrong.

    `select` and `ignore` hold codes, beginnings of codes or families and replace the settings in pyproject.toml;
    `only_check` and `evidence` are those of `lint_checked`. `texts` are contents that are not to be read from the file
    of that name.
    """
    from netc.compiler.load import check

    result = LintResult()
    told: set[tuple[str, object]] = set()
    for file in dict.fromkeys((*find_files(paths), *(texts or ()))):
        checked = check(file, (texts or {}).get(file))
        found = lint_checked(checked, file, select, ignore, only_check=only_check, evidence=evidence)
        # what is wrong with a file that others use is told once, not for each of them
        result.diagnostics.extend(finding for finding in found if _place(finding) not in told)
        told.update(map(_place, found))
        result.sources.update(checked.sources)
        result.files.append(file)
    return result


def _place(finding: Diagnostic) -> tuple[str, object]:
    return finding.code, finding.message if finding.primary is None else finding.primary.span


def lint_checked(
    result: CheckResult,
    file: str,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    *,
    only_check: bool = False,
    evidence: Evidence | None = None,
) -> list[Diagnostic]:
    """The findings of one checked file, the checker's own included, without what its comments allow. Rules speak about
    this file's text alone: what it uses is linted where it is written.

    `only_check` runs the rules that `netc check` runs too, and does not ask whether a comment was needed. `evidence` is
    what is known of data and training; without it, what the run folder knows that the file lies in.
    """
    config = Config() if only_check else config_for(Path(file))
    rules = [
        rule for rule in selected(select or config.select, ignore or config.ignore) if rule.in_check or not only_check
    ]
    comments = allows(result.file)
    subject = Subject(
        file,
        result.file,
        tuple(result.nets),
        result.sources,
        found=tuple(result.diagnostics),
        allows=tuple(comments),
        budgets=config.budgets_for(Path(file)) if config.budgets else {},
        config=config.path,
        ran=frozenset(rule.code for rule in rules),
        evidence=evidence if evidence is not None else beside(file),
    )
    findings = [finding for finding in result.diagnostics if finding.code not in all_rules()]
    late = []
    for rule in rules:
        if rule.last:
            late.append(rule)
        else:
            findings += [finding for finding in merge(rule.run(subject)) if _is_here(finding, result.file)]
    left = suppress(findings, comments)
    for rule in late:
        left += suppress(rule.run(subject), comments)
    return in_reading_order(left)


def selected(select: Sequence[str], ignore: Sequence[str]) -> list[Rule]:
    """The rules that one of `select` stands for (all, if empty) and none of `ignore`: codes, beginnings, families."""
    rules = all_rules()
    for word in (*select, *ignore):
        if not any(rule.begins(word) for rule in rules.values()):
            help = did_you_mean(word, rules) or "see `netc explain` for the codes"
            raise DiagnosticError(Diagnostic("E260", f"no lint rule's code begins with `{word}`", help=help))
    return [
        rule
        for rule in rules.values()
        if (not select or any(map(rule.begins, select))) and not any(map(rule.begins, ignore))
    ]


def merge(findings: Iterable[Diagnostic]) -> list[Diagnostic]:
    """One finding for each place: a line in a block that is used ten times is told once."""
    by_place: dict[object, list[Diagnostic]] = {}
    for finding in findings:
        by_place.setdefault(finding.primary.span if finding.primary else finding.message, []).append(finding)
    return [_with_count(same[0], len(same) - 1) for same in by_place.values()]


def _with_count(finding: Diagnostic, more: int) -> Diagnostic:
    note = f"and in {counted(more, 'more use')} of this line"
    return replace(finding, notes=(*finding.notes, note)) if more else finding


def _is_here(finding: Diagnostic, file: ast.File) -> bool:
    """Whether a finding is about this file's text, not about that of a file it uses."""
    return finding.primary is None or finding.primary.span.file == file.span.file
