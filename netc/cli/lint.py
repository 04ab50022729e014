"""`netc lint`: check, and the rules of `compiler/lint`."""

from __future__ import annotations

from netc.cli.command import option, verb
from netc.cli.findings import findings_options, report


def _codes(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(code.strip() for value in values for code in value.split(",") if code.strip())


@verb(examples=("netc lint .", "netc lint nets/ --ignore L005", "netc lint . --format github"))
@option("--select", multiple=True, metavar="CODES", help="only these rules: L001, L00 for L001 to L009, L for a family")
@option("--ignore", multiple=True, metavar="CODES", help="all but these rules")
@findings_options
def lint(
    paths: tuple[str, ...], select: tuple[str, ...], ignore: tuple[str, ...], named: str | None, style: str
) -> int:
    """Check .net files, and point at what is legal but rarely meant.

    A folder stands for the .net files in it, `-` for standard input. `netc explain` lists the rules.
    `# netc: allow L001 because …` on a line, or the line above, allows a finding there; [tool.netc.lint] in
    pyproject.toml sets `select` and `ignore` for a project. Exits with 0 if there is nothing to report, with 1 if
    there is.
    """
    from netc.compiler.lint import selected

    chosen, without = _codes(select), _codes(ignore)
    selected(chosen, without)
    return report(paths, named, style, chosen, without)
