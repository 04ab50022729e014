"""`netc lint`: check, and the rules of `compiler/lint`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netc.cli.command import option, verb
from netc.cli.failures import FINDINGS
from netc.cli.findings import STDIN, findings_options, look, show_findings, standard_input
from netc.cli.paths import CARD, FOLDER
from netc.cli.telling import count
from netc.cli.terminal import say

if TYPE_CHECKING:
    from netc.compiler.lint import Choice, LintResult
    from netc.compiler.lint.evidence import Evidence

FIXES = "Fixes"


@verb(
    examples=(
        "netc lint", "netc lint nets/ --ignore L005", "netc lint --fix", "netc lint --unsafe-fixes --diff",
        "netc lint --format github", "netc lint digits.net --run runs/Digits",
    )
)  # fmt: skip
@option("--select", multiple=True, metavar="CODES", help="only these rules: L001, L00 for L001 to L009, L for a family")
@option("--ignore", multiple=True, metavar="CODES", help="all but these rules")
@option("--extend-select", "extend", multiple=True, metavar="CODES", help="these rules besides those of the settings")
@option(
    "--per-file-ignores", "per_file", multiple=True, metavar="PATTERN:CODE", help="all but this rule in files that fit"
)
@option("--run", metavar="RUN", type=FOLDER, help="a run folder, whose data and log the rules look at too")
@option(
    "--data", "card", metavar="CARD.json", type=CARD,
    help="a data card that they look at, as `netc data RUN --format json` prints it",
)  # fmt: skip
@option("--fix", is_flag=True, group=FIXES, help="repair what has a safe repair, and write the files")
@option("--unsafe-fixes", "unsafe", is_flag=True, group=FIXES, help="with --fix or --diff: other repairs too")
@option("--diff", is_flag=True, group=FIXES, help="print what --fix would change, and write nothing")
@option("--statistics", is_flag=True, help="how often each rule found something, not where")
@option("--exit-zero", "exit_zero", is_flag=True, help="exit with 0 whatever is found")
@option("--watch", is_flag=True, help="look again whenever a file changes, until Ctrl-C")
@findings_options
def lint(
    paths: tuple[str, ...], named: str | None, style: str, fix: bool, unsafe: bool, diff: bool, statistics: bool,
    exit_zero: bool, watch: bool, run: str | None, card: str | None, **given: tuple[str, ...],
) -> int:  # fmt: skip
    """Check .net files, and point at what is legal but rarely meant.

    A folder stands for the .net files in it, `-` for standard input; without a path it is this folder. `netc rules`
    lists the rules, `netc explain L001` is the page of one. `# netc: allow L001 because …` on a line, or the line
    above, allows a finding there, `# netc: allow-file L001 because …` in the whole file; [lint] in netc.toml, or
    [tool.netc.lint] in pyproject.toml, sets `select`, `ignore`, `extend-select`, `per-file-ignores` and what rules can
    be told. The longer beginning of a code wins: `--select L --ignore L1 --extend-select L104`. A run folder as the
    path lints the text in it by the data and the log of that run.

    A safe fix leaves the network and its weight files as they are. A file is written only if it checks as before and
    nothing has changed but what the fix is for; the text of a run is not, which goes on with no other. With `-`, --fix
    prints the text, and tells what is left on stderr.

    Exits with 0 if there is nothing to report, with 1 if there is; with --fix, if there still is; with --diff, if
    anything would change.
    """
    choice = replace(_choice(given), evidence=_evidence(run, card))
    if watch and (STDIN in paths or diff):
        raise click.UsageError("--watch looks at files again and again\n  = help: leave `-` and `--diff` out")

    def once() -> int:
        return _once(paths, named, style, choice, fix=fix, unsafe=unsafe, diff=diff, statistics=statistics)

    if watch:
        from netc.cli.watching import watched

        return watched(paths, once)
    return once() * (not exit_zero)


def _evidence(run: str | None, card: str | None) -> Evidence | None:
    """What is known of data and training, where it is said; raises DiagnosticError E524, E560, E561."""
    from netc.compiler.lint.evidence import read_card, read_run

    known = None if run is None else read_run(Path(run))
    if card is None:
        return known
    given = read_card(Path(card))
    return given if known is None else replace(known, card=given.card)


def _choice(given: dict[str, tuple[str, ...]]) -> Choice:
    """Which rules the options name; raises DiagnosticError E260 for words that no code begins with."""
    from netc.compiler.lint import Choice, selected
    from netc.compiler.lint.choice import mappings

    per_file: dict[str, tuple[str, ...]] = {}
    for pattern, code in mappings(given["per_file"]):
        per_file[pattern] = (*per_file.get(pattern, ()), code)
    select, ignore, extend = (_codes(given[name]) for name in ("select", "ignore", "extend"))
    selected(select, (*ignore, *(code for codes in per_file.values() for code in codes)), extend)
    return Choice(select, ignore, extend, per_file)


def _codes(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(code.strip() for value in values for code in value.split(",") if code.strip())


def _once(
    paths: tuple[str, ...], named: str | None, style: str, choice: Choice, *, fix: bool, unsafe: bool, diff: bool,
    statistics: bool,
) -> int:  # fmt: skip
    texts = standard_input(paths, named)
    fixes = ("unsafe" if unsafe else "safe") if fix or diff else ""
    result = look(paths, texts, choice, fixes)
    _tell_kept(result)
    if diff:
        return _diff(result)
    if fix:
        _write(result, texts)
    if fix and texts:
        from netc.cli.telling import draw

        if result.diagnostics:
            draw(result.diagnostics, result.sources)
    elif statistics:
        _statistics(result, style)
    else:
        show_findings(result, style)
    count(result.diagnostics, len(result.files), style)
    if style == "full":
        _tell_fixes(result, fix=fix, unsafe=unsafe)
    return FINDINGS if result.diagnostics else 0


def _tell_kept(result: LintResult) -> None:
    """On stderr: files whose fixes aren't applied, because a run was trained with them."""
    from netc.cli.rewriting import tell_kept

    for file, run in result.kept.items():
        tell_kept(file, run, "repair")


def _write(result: LintResult, texts: dict[str, bytes]) -> None:
    """The fixed texts into their files; the one of standard input on standard output, changed or not."""
    from netc.cli.rewriting import rewrite
    from netc.cli.terminal import put

    for file, fixed in result.fixed.items():
        if file not in texts and fixed.text != fixed.before:
            rewrite(file, fixed.before, fixed.text)
    for file in texts:
        put(result.sources[file])


def _diff(result: LintResult) -> int:
    import difflib

    from netc.cli.terminal import put

    changed = {file: fixed for file, fixed in result.fixed.items() if fixed.text != fixed.before}
    for file, fixed in changed.items():
        before, after = fixed.before.splitlines(keepends=True), fixed.text.splitlines(keepends=True)
        for line in difflib.unified_diff(before, after, file, file):
            put(line if line.endswith("\n") else line + "\n\\ No newline at end of file\n")
    _tell_applied(result, "would be applied")
    return FINDINGS if changed else 0


def _statistics(result: LintResult, style: str) -> None:
    """How often each code was found, the most frequent first."""
    from collections import Counter

    from netc.cli.terminal import put_json, show
    from netc.compiler.lint import all_rules
    from netc.grammar.codes import headline

    fixable = Counter(finding.code for finding in result.diagnostics if finding.fix is not None)
    found: list[dict[str, Any]] = []
    for code, times in Counter(finding.code for finding in result.diagnostics).most_common():
        rule = all_rules().get(code)
        name = rule.name if rule else headline(code)
        found.append({"code": code, "name": name, "count": times, "fixable": fixable[code]})
    if style == "json":
        put_json(found)
        return
    for row in found:
        mark = "[*]" if row["fixable"] else "   "
        show(f"{row['count']:>6}  {row['code']}  {mark}  {row['name']}")


def _tell_fixes(result: LintResult, *, fix: bool, unsafe: bool) -> None:
    """On stderr: what was repaired, or could be."""
    if fix:
        _tell_applied(result, "applied")
    from netc.grammar.counted import counted

    safe = sum(finding.fix is not None and finding.fix.safe for finding in result.diagnostics)
    others = sum(finding.fix is not None and not finding.fix.safe for finding in result.diagnostics)
    if safe and not fix:
        say(f"{counted(safe, 'safe fix', 'safe fixes')} with `--fix`")
    if others and not (fix and unsafe):
        it = "it" if others == 1 else "them"
        found = counted(others, "unsafe fix", "unsafe fixes")
        say(f"{found} with `--fix --unsafe-fixes`; `--diff --unsafe-fixes` shows {it}")


def _tell_applied(result: LintResult, what: str) -> None:
    from netc.grammar.counted import counted

    applied = sum(len(fixed.applied) for fixed in result.fixed.values())
    files = sum(fixed.text != fixed.before for fixed in result.fixed.values())
    refused = sum(len(fixed.refused) for fixed in result.fixed.values())
    if applied:
        say(f"{counted(applied, 'fix', 'fixes')} {what} in {counted(files, 'file')}")
    if refused:
        say(f"{counted(refused, 'fix', 'fixes')} refused, because more would change than what the fix is for")
