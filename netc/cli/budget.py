"""`netc budget`: what networks cost beside what they may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netc.cli.command import option, verb
from netc.cli.failures import FINDINGS
from netc.cli.options import format_option
from netc.cli.paths import paths_argument
from netc.cli.terminal import put, put_json, say

if TYPE_CHECKING:
    from netc.compiler.lint.ratchet import Line, Table


@verb(examples=("netc budget", "netc budget nets/ --format json", "netc budget --update"))
@paths_argument()
@option("--update", is_flag=True, help="lower budgets to what the networks cost now; none is raised")
@format_option("table", "json", help="a table, or JSON")
def budget(paths: tuple[str, ...], update: bool, style: str) -> int:
    """Show what the networks of files and folders cost, of this folder unless said, and what they may.

    Budgets stand in a net, `expect params <= 0.3M`, or under [budget] in netc.toml or [tool.netc.budget] in
    pyproject.toml for all files that fit a pattern; the narrowest holds. `spare` is how much of the budget is left. A
    latency is measured by `netc bench --check` alone. `--update` writes the present figures in the place of larger
    ones, so that what was won isn't lost again; a bound for several networks becomes the largest of them.

    Exits with 1 if a budget is missed, or if a file doesn't compile.
    """
    from netc.cli.telling import draw
    from netc.compiler.lint.ratchet import table

    found = table(paths)
    if found.errors:
        draw(found.errors, found.sources)
    if style == "json":
        put_json(_json(found))
    else:
        put(_text(found))
    if update:
        _update(found)
    return FINDINGS if found.errors or any(line.holds is False for line in found.lines) else 0


def _update(found: Table) -> None:
    from netc.cli.rewriting import is_kept, rewrite
    from netc.compiler.lint.ratchet import lowered

    changes = lowered(found)
    for file, (before, after, told) in changes.items():
        if is_kept(file, "lower the budgets of"):
            continue
        rewrite(file, before, after)
        for change in told:
            say(f"{file}: `{change.before}` is now `{change.after}`")
    if not changes:
        say("every budget is as low as it can be, or missed")


def _json(found: Table) -> dict[str, Any]:
    lines = [
        {
            "file": line.file,
            "net": line.net,
            "measure": line.measure,
            "figure": line.figure,
            "condition": line.condition,
            "source": line.source,
            "settings": str(line.settings) if line.source != "expect" else None,
            "status": _status(line),
            "spare": line.spare,
        }
        for line in found.lines
    ]
    free = [{"file": file, "net": net, "params": params} for file, net, params in found.free]
    return {"version": 1, "budgets": lines, "without": free}


def _status(line: Line) -> str:
    return "not measured" if line.holds is None else "held" if line.holds else "missed"


def _text(found: Table) -> str:
    rows = [("file", "net", "condition", "figure", "spare", "", "by")]
    for line in found.lines:
        figure = "" if line.figure is None else f"{line.figure:,}"
        spare = "" if line.spare is None else f"{100 * line.spare:.1f} %"
        mark = {"held": "", "missed": "missed", "not measured": "not measured"}[_status(line)]
        rows.append((line.file, line.net, line.condition, figure, spare, mark, line.source))
    rows += [(file, net, "no budget", f"{params:,}", "", "", "") for file, net, params in found.free]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    right = (3, 4)
    drawn = [
        "  ".join(cell.rjust(width) if at in right else cell.ljust(width) for at, (cell, width) in enumerate(
            zip(row, widths, strict=True))).rstrip()
        for row in rows
    ]  # fmt: skip
    return "\n".join(drawn) + "\n"
