"""`netc check`: parse, elaborate, check shapes, evaluate `expect`."""

from __future__ import annotations

from netc.cli.command import verb
from netc.cli.findings import findings_options, report
from netc.cli.options import set_option


@verb(
    examples=(
        "netc check digits.net", "netc check nets/", "netc check resnet.net --set depth=152",
        "netc check - --stdin-filename nets/new.net < unsaved.net",
    )
)  # fmt: skip
@set_option
@findings_options
def check(paths: tuple[str, ...], named: str | None, style: str, settings: tuple[str, ...]) -> int:
    """Find mistakes in .net files: syntax, names, arguments, shapes, and `expect` that doesn't hold.

    A folder stands for the .net files in it, `-` for standard input; without a path it is this folder. Every net whose
    parameters have defaults is elaborated with them, and with what `--set` gives, which goes to every net that has a
    parameter of the name. Exits with 0 if there is nothing to report, with 1 if there is.
    """
    from netc.compiler import parse_setting
    from netc.compiler.lint import Choice

    return report(paths, named, style, Choice(only_check=True, given=dict(map(parse_setting, settings))))
