"""`netc rules`: what `netc lint` looks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netc.cli.command import verb
from netc.cli.options import format_option
from netc.cli.terminal import put, put_json

if TYPE_CHECKING:
    from netc.compiler.lint import Rule
    from netc.compiler.lint.measure import Firing


@verb(examples=("netc rules", "netc rules --format json", "netc explain L001"))
@format_option("text", "json", "md", help="a line a rule, JSON, or Markdown")
def rules(style: str) -> None:
    """List the rules of `netc lint` by family: code, name, what each finds, and whether it can repair it.

    `found` is how often a rule speaks in the examples that come with netc, the networks of the zoo among them, and
    `allowed` how often it is told there, with a reason, that it is meant so.
    """
    from netc.compiler.lint import all_rules
    from netc.compiler.lint.measure import measured

    files, spoken = measured()
    rows = [_row(rule, spoken.get(code)) for code, rule in all_rules().items()]
    if style == "json":
        put_json({"version": 1, "measured_on": len(files), "rules": rows})
    elif style == "md":
        from netc.compiler.lint.reference import tables

        put(tables() + "\n")
    else:
        put("\n".join(_lines(rows)) + "\n")


def _row(rule: Rule, firing: Firing | None) -> dict[str, Any]:
    from netc.compiler.lint.base import hundred

    return {
        "code": rule.code,
        "name": rule.name,
        "family": hundred(rule.code),
        "headline": rule.headline,
        "fix": rule.fix or None,
        "settings": dict(rule.settings),
        "in_check": rule.in_check,
        "found": firing.found if firing else None,
        "allowed": firing.allowed if firing else None,
    }


def _lines(rows: list[dict[str, Any]]) -> list[str]:
    width = max(len(row["name"]) for row in rows)
    lines: list[str] = []
    family = ""
    for row in rows:
        if row["family"] != family:
            family = row["family"]
            lines += [*([""] if lines else []), family]
        fix = {"safe": "fix", "unsafe": "fix?", None: ""}[row["fix"]]
        counted = "" if row["found"] is None else f"{row['found']:>3}/{row['allowed']}"
        lines.append(f"  {row['code']}  {row['name']:<{width}}  {fix:<4}  {counted:<7}  {row['headline']}")
    return [
        *lines, "", "fix: `--fix` repairs it; fix?: `--fix --unsafe-fixes` does.",
        "a/b: found and allowed in netc's own examples. `netc explain CODE` says more of each.",
    ]  # fmt: skip
