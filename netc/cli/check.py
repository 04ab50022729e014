"""`netc check`: parse, elaborate, check shapes, evaluate `expect`."""

from __future__ import annotations

import click

from netc.cli.failures import FINDINGS
from netc.cli.options import finding_format
from netc.cli.report import answer, count


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@finding_format
def check(files: tuple[str, ...], style: str) -> int:
    """Find mistakes in .net files: syntax, names, arguments, shapes, and `expect` that doesn't hold.

    Every net whose parameters have defaults is elaborated with them. Exits with 0 if there is nothing to report, with
    1 if there is.
    """
    from netc.compiler import check as check_file
    from netc.compiler.lint import lint_checked

    findings = []
    sources: dict[str, str] = {}
    for file in dict.fromkeys(files):
        result = check_file(file)
        findings += lint_checked(result, file, only_check=True)
        sources.update(result.sources)
    answer(findings, sources, style)
    count(findings, len(dict.fromkeys(files)), style)
    return FINDINGS if findings else 0
