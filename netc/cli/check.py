"""`netc check`: parse, elaborate, check shapes, evaluate `expect`."""

from __future__ import annotations

from netc.cli.command import verb
from netc.cli.findings import findings_options, report


@verb(
    examples=("netc check digits.net", "netc check nets/", "netc check - --stdin-filename nets/new.net < unsaved.net")
)
@findings_options
def check(paths: tuple[str, ...], named: str | None, style: str) -> int:
    """Find mistakes in .net files: syntax, names, arguments, shapes, and `expect` that doesn't hold.

    A folder stands for the .net files in it, `-` for standard input. Every net whose parameters have defaults is
    elaborated with them. Exits with 0 if there is nothing to report, with 1 if there is.
    """
    from netc.compiler.lint import Choice

    return report(paths, named, style, Choice(only_check=True))
