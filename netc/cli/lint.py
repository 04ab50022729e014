"""`netc lint`: check, and the rules of `compiler/lint`."""

from __future__ import annotations

import click

from netc.cli.failures import FINDINGS
from netc.cli.options import finding_format
from netc.cli.report import answer, count


def _codes(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(code.strip() for value in values for code in value.split(",") if code.strip())


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--select", multiple=True, metavar="CODES", help="only these rules: L001, L00 for L001 to L009, L for a family"
)
@click.option("--ignore", multiple=True, metavar="CODES", help="all but these rules")
@finding_format
def lint(paths: tuple[str, ...], select: tuple[str, ...], ignore: tuple[str, ...], style: str) -> int:
    """Check .net files, and point at what is legal but rarely meant. A folder stands for the .net files in it.

    `netc explain` lists the rules. `# netc: allow L001 because …` on a line, or the line above, allows a finding there;
    [tool.netc.lint] in pyproject.toml sets `select` and `ignore` for a project. Exits with 0 if there is nothing to
    report, with 1 if there is.
    """
    from netc.compiler import lint as lint_paths
    from netc.compiler.lint import selected

    chosen, without = _codes(select), _codes(ignore)
    selected(chosen, without)
    result = lint_paths(paths, chosen, without)
    answer(result.diagnostics, result.sources, style)
    count(result.diagnostics, len(result.files), style)
    return FINDINGS if result.diagnostics else 0
