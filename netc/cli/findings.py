"""What `netc check` and `netc lint` share: which files they look at, and how they answer."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netc.cli.command import option
from netc.cli.failures import FINDINGS
from netc.cli.formats import FOR_MACHINES, FORMATS, written
from netc.cli.options import allow_outside_option, format_option
from netc.cli.paths import NET_FILE, paths_argument
from netc.cli.streams import own
from netc.cli.telling import count
from netc.cli.terminal import say
from netc.grammar.opening import read_stream

if TYPE_CHECKING:
    from netc.compiler.lint import Choice, LintResult

STDIN = "-"


def findings_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """[PATH]..., --stdin-filename and --format."""
    for decorate in reversed(
        (
            paths_argument(),
            option(
                "--stdin-filename", "named", metavar="NAME", type=NET_FILE,
                help="with `-`: what the text is called in findings, and where what it uses is looked for",
            ),
            allow_outside_option,
            format_option(
                *FORMATS,
                help="with the source, a line each, JSON, annotations for GitHub Actions, a code quality report, SARIF "
                "2.1.0, JUnit's XML",
            ),
        )
    ):  # fmt: skip
        function = decorate(function)
    return function


def report(paths: Sequence[str], named: str | None, style: str, choice: Choice) -> int:
    """Look at all files, answer, and return the exit code."""
    result = look(paths, standard_input(paths, named), choice)
    show_findings(result, style)
    count(result.diagnostics, len(result.files), style)
    return FINDINGS if result.diagnostics else 0


def look(paths: Sequence[str], texts: Mapping[str, bytes], choice: Choice, fixes: str = "") -> LintResult:
    """What is found in the files that the paths stand for; of many, as many at a time as there are processors. A
    folder without a .net file is told on stderr."""
    from netc.compiler.lint import lint
    from netc.compiler.lint.files import net_files

    result = lint((path for path in paths if path != STDIN), choice=choice, texts=texts, fixes=fixes, processes=0)
    for path in map(Path, paths):
        if path.is_dir() and not net_files(path):
            skipped = "hidden folders, virtual environments, build folders and runs in it are not looked into"
            say(f"note: there is no .net file in {path}; {skipped}")
    return result


def show_findings(result: LintResult, style: str) -> None:
    """Findings as a verb's answer, on stdout, in one of the formats."""
    text = written(result, style)
    if text:
        own(sys.stdout).write(text if text.endswith("\n") else text + "\n")


def standard_input(paths: Sequence[str], named: str | None) -> dict[str, bytes]:
    """What came on standard input, by the name it goes by."""
    if STDIN in paths:
        return {named or "<stdin>": read_stream(sys.stdin.buffer, "standard input")}
    if named is not None:
        raise click.UsageError("--stdin-filename names the text on standard input\n  = help: add `-`, or leave it out")
    return {}


__all__ = ["FOR_MACHINES", "findings_options", "look", "report", "show_findings", "standard_input"]
