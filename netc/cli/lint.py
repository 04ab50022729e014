"""`netc lint`: check, and the rules of `compiler/lint`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from netc.cli.command import option, verb
from netc.cli.findings import findings_options, report
from netc.cli.paths import CARD, FOLDER

if TYPE_CHECKING:
    from netc.compiler.lint.evidence import Evidence


def _codes(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(code.strip() for value in values for code in value.split(",") if code.strip())


def _evidence(run: str | None, card: str | None) -> Evidence | None:
    """What is known of data and training, where it is said; raises DiagnosticError E524, E560, E561."""
    from dataclasses import replace

    from netc.compiler.lint.evidence import read_card, read_run

    known = None if run is None else read_run(Path(run))
    if card is None:
        return known
    given = read_card(Path(card))
    return given if known is None else replace(known, card=given.card)


@verb(
    examples=(
        "netc lint .",
        "netc lint nets/ --ignore L005",
        "netc lint . --format github",
        "netc lint digits.net --run runs/Digits",
    )
)
@option("--select", multiple=True, metavar="CODES", help="only these rules: L001, L00 for L001 to L009, L for a family")
@option("--ignore", multiple=True, metavar="CODES", help="all but these rules")
@option(
    "--run",
    metavar="RUN",
    type=FOLDER,
    help="a run folder, whose data and log the rules look at too",
)
@option(
    "--data",
    "card",
    metavar="CARD.json",
    type=CARD,
    help="a data card that they look at, as `netc data RUN --format json` prints it",
)
@findings_options
def lint(
    paths: tuple[str, ...], select: tuple[str, ...], ignore: tuple[str, ...], run: str | None, card: str | None,
    named: str | None, style: str,
) -> int:  # fmt: skip
    """Check .net files, and point at what is legal but rarely meant.

    A folder stands for the .net files in it, `-` for standard input. `netc explain` lists the rules.
    `# netc: allow L001 because …` on a line, or the line above, allows a finding there; [tool.netc.lint] in
    pyproject.toml sets `select` and `ignore` for a project. A run folder as the path lints the text in it by the data
    and the log of that run. Exits with 0 if there is nothing to report, with 1 if there is.
    """
    from netc.compiler.lint import selected

    chosen, without = _codes(select), _codes(ignore)
    selected(chosen, without)
    return report(paths, named, style, chosen, without, evidence=_evidence(run, card))
