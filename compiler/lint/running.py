"""From files to findings: check, the rules, what comments allow, and fixes; many files in several processes."""

from __future__ import annotations

import codecs
import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from netc.compiler import collector
from netc.compiler.check import CheckResult, check
from netc.compiler.lint.allow import Allow, allows, suppress
from netc.compiler.lint.base import Subject, all_rules
from netc.compiler.lint.choice import Choice
from netc.compiler.lint.config import Config, config_for
from netc.compiler.lint.evidence import Evidence, beside
from netc.compiler.lint.expectations import explained
from netc.compiler.lint.files import find_files, run_of
from netc.compiler.lint.fixing import Fixed, fix, fixable
from netc.grammar import ast
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, in_reading_order
from netc.grammar.limits import FILE
from netc.grammar.opening import read_file

Result = TypeVar("Result")

FEW = 8
"""So many files one process has looked at before another has started."""


@dataclass(frozen=True, slots=True)
class LintResult:
    """Findings by file and place, the texts they point into, the files that were read, and what fixes made of them.

    `allowed` counts by file what comments suppressed, code by code; `kept` has the run folders of the files that have
    fixes which are not applied, because a run was trained with the file.
    """

    diagnostics: list[Diagnostic] = field(default_factory=list)
    sources: dict[str, str] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    fixed: dict[str, Fixed] = field(default_factory=dict)
    allowed: dict[str, dict[str, int]] = field(default_factory=dict)
    kept: dict[str, Path] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FileResult:
    """The same of one file."""

    file: str
    diagnostics: list[Diagnostic]
    sources: dict[str, str]
    allowed: dict[str, int]
    fixed: Fixed | None = None
    kept: Path | None = None


def lint(
    paths: Iterable[str | Path],
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    *,
    choice: Choice | None = None,
    only_check: bool = False,
    texts: Mapping[str, bytes] | None = None,
    fixes: str = "",
    processes: int = 1,
) -> LintResult:
    """Check and lint files and folders. Raises DiagnosticError where the settings themselves are wrong.

    choice     which rules run; `select`, `ignore` and `only_check` say the same in short
    texts      contents that are not to be read from the file of that name
    fixes      "safe" or "unsafe": apply such fixes, in memory; `fixed` holds the texts that come of it, none of a run's
    processes  how many look at files at the same time; 0 is one for each processor
    """
    choice = choice or Choice(tuple(select), tuple(ignore), only_check=only_check)
    files = list(dict.fromkeys((*find_files(paths), *(texts or ()))))
    look = partial(lint_file, choice=choice, texts=texts or {}, fixes=fixes)
    result = LintResult()
    told: set[tuple[str, object]] = set()
    for found in each(look, files, processes):
        # what is wrong with a file that others use is told once, not for each of them
        result.diagnostics.extend(finding for finding in found.diagnostics if _place(finding) not in told)
        told.update(map(_place, found.diagnostics))
        result.sources.update(found.sources)
        result.files.append(found.file)
        result.allowed[found.file] = found.allowed
        if found.fixed is not None:
            result.fixed[found.file] = found.fixed
        if found.kept is not None:
            result.kept[found.file] = found.kept
    return result


@collector.waiting()  # nothing is left of a file's nets but findings, and no circles
def lint_file(file: str, choice: Choice, texts: Mapping[str, bytes], fixes: str) -> FileResult:
    """One file: what is found in it, and where fixes are wanted, what they made of it and what is left then."""
    checked = check(file, texts.get(file), given=choice.given)
    comments = allows(checked.file)
    found = findings(checked, file, choice, comments)
    if checked.file.span.file != file:  # a model's text has no file to be written to
        found = [replace(finding, fix=None) for finding in found]
    unsafe = fixes == "unsafe"
    wanted = bool(fixes) and any(fixable(one, file, unsafe=unsafe) for one in found)
    kept = run_of(file) if wanted and file not in texts else None
    if wanted and kept is None:
        fixed = fix(file, checked.file.source, partial(_look, file, choice), unsafe=unsafe)
        sources = {**checked.sources, file: fixed.text}
        if _is_marked(texts[file] if file in texts else read_file(file, FILE)):
            fixed.before, fixed.text = f"\ufeff{fixed.before}", f"\ufeff{fixed.text}"
        return FileResult(file, in_reading_order(fixed.left), sources, {}, fixed)
    for net in checked.nets:
        net.graph.take_apart()
    allowed: Counter[str] = Counter()
    for comment in comments:
        allowed.update(comment.used)
    return FileResult(file, found, checked.sources, dict(allowed), kept=kept)


def _is_marked(content: bytes) -> bool:
    """Whether a file begins with a byte order mark, which no tree keeps."""
    return content.startswith(codecs.BOM_UTF8)


def lint_checked(
    result: CheckResult,
    file: str,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    *,
    choice: Choice | None = None,
    only_check: bool = False,
    evidence: Evidence | None = None,
) -> list[Diagnostic]:
    """The findings of one checked file, the checker's own included, without what its comments allow. Rules speak about
    this file's text alone: what it uses is linted where it is written.

    `choice` says which rules run; so do `select` and `ignore`, and `only_check` for those that `netc check` runs too,
    and `evidence` what is known of data and training.
    """
    chosen = choice or Choice(tuple(select), tuple(ignore), only_check=only_check, evidence=evidence)
    return findings(result, file, chosen, allows(result.file))


def _look(file: str, choice: Choice, text: str) -> tuple[CheckResult, list[Diagnostic]]:
    checked = check(file, text, given=choice.given)
    return checked, lint_checked(checked, file, choice=choice)


def findings(
    result: CheckResult, file: str, choice: Choice, comments: list[Allow], config: Config | None = None
) -> list[Diagnostic]:
    """The findings that none of these comments covers; the comments remember what they were needed for. Settings are
    those of the file, unless given."""
    if config is None:
        config = Config() if choice.only_check else config_for(Path(file))
    rules = choice.rules(config, Path(file))
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
        given=config.rules,
        evidence=choice.evidence if choice.evidence is not None else beside(file),
    )
    found = [finding for finding in explained(result) if finding.code not in all_rules()]
    late = []
    for rule in rules:
        if rule.last:
            late.append(rule)
        else:
            found += [finding for finding in merge(rule.run(subject)) if _is_here(finding, result.file)]
    left = suppress(found, comments)
    for rule in late:
        left += suppress(rule.run(subject), comments)
    return in_reading_order(left)


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


def _place(finding: Diagnostic) -> tuple[str, object]:
    return finding.code, finding.message if finding.primary is None else finding.primary.span


# ---------------------------------------------------------------- several processes
def each(look: Callable[[str], Result], files: Sequence[str], processes: int) -> Iterator[Result]:
    """What a function says about files, in their order; of many, several at the same time. 0 is a process for each
    processor.
    """
    workers = min(processes or _processors(), len(files) // FEW)
    if workers < 2 or threading.active_count() > 1 or not hasattr(os, "fork"):
        yield from map(look, files)
        return
    import multiprocessing  # only for many files

    first, *rest = files
    yield look(first)  # whatever that has to import and read is there in every process then
    sys.stdout.flush()  # or each of them would write what waits to be written
    sys.stderr.flush()
    with multiprocessing.get_context("fork").Pool(workers, initializer=_quiet) as pool:
        yield from pool.imap(look, rest, chunksize=max(1, min(4, len(rest) // (8 * workers))))


def _quiet() -> None:
    """Ctrl-C is for the process that waits; it ends the others, without a word of theirs."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _processors() -> int:
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1
