"""What `netc check` and `netc lint` share: which files they look at, and how they answer."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from netc.cli.command import option
from netc.cli.failures import FINDINGS
from netc.cli.options import format_option
from netc.cli.paths import NET_FILE
from netc.cli.telling import answer, count
from netc.cli.terminal import say

STDIN = "-"


def findings_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """PATH..., --stdin-filename and --format."""
    for decorate in reversed(
        (
            click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=NET_FILE),
            option(
                "--stdin-filename", "named", metavar="NAME", type=NET_FILE,
                help="with `-`: what the text is called in findings, and where what it uses is looked for",
            ),
            format_option(
                "full", "concise", "json", "github",
                help="with the source, a line each, JSON, or annotations for GitHub Actions",
            ),
        )
    ):  # fmt: skip
        function = decorate(function)
    return function


def report(
    paths: Sequence[str], named: str | None, style: str, select: Sequence[str] = (), ignore: Sequence[str] = (),
    *, only_check: bool = False,
) -> int:  # fmt: skip
    """Look at all files, answer, and return the exit code. A folder without a .net file is told on stderr."""
    from netc.compiler.lint import lint
    from netc.compiler.lint.files import net_files

    texts = standard_input(paths, named)
    result = lint((path for path in paths if path != STDIN), select, ignore, only_check=only_check, texts=texts)
    answer(result.diagnostics, result.sources, style)
    for path in map(Path, paths):
        if path.is_dir() and not net_files(path):
            skipped = "hidden folders, virtual environments, build folders and runs in it are not looked into"
            say(f"note: there is no .net file in {path}; {skipped}")
    count(result.diagnostics, len(result.files), style)
    return FINDINGS if result.diagnostics else 0


def standard_input(paths: Sequence[str], named: str | None) -> dict[str, bytes]:
    """What came on standard input, by the name it goes by."""
    if STDIN in paths:
        return {named or "<stdin>": sys.stdin.buffer.read()}
    if named is not None:
        raise click.UsageError("--stdin-filename names the text on standard input\n  = help: add `-`, or leave it out")
    return {}
