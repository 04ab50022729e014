"""The table of lowerings in `docs/targets.md`, written from the targets: `python -m netc.compiler.reference`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from netc.compiler.targets import TARGETS, Target
from netc.compiler.targets.layout import Way, always, ways
from netc.compiler.targets.registry import STANDARD, Lowering, everywhere

SHOWN = ("std", "cpu", "fast", "cuda")
"""`web` has the table of std; `cpu8` and `fast8` differ from `cpu` and `fast` by the number of channels in a block."""

BEGIN = "<!-- lowerings: written by `python -m netc.compiler.reference` -->"
END = "<!-- end of lowerings -->"


def put_into(page: str) -> str:
    """The page with the tables of today between its two marks."""
    return between(page, BEGIN, END, f"\n\n{tables()}\n")


def between(page: str, begin: str, end: str, text: str) -> str:
    """A page with other text between two marks."""
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}{text}{end}{after}"


def tables() -> str:
    """A table a target, as Markdown."""
    return "\n".join(_target(name, TARGETS[name]) for name in SHOWN)


def _target(name: str, target: Target) -> str:
    lines = [f"### {name}", "", "| operator | name | what it does | applies to | is taken |", "|---|---|---|---|---|"]
    shared: dict[str, list[str]] = {}
    named = ways(target.rows())
    for op in named or target.table:
        rows = [_way(way) for way in named.get(op, ())]
        if not named:
            rows += [_lowering(one) for one in target.table[op]]
        elif op not in target.table:
            rows.append(f"| `{STANDARD}` | the operator as ONNX has it | all | where the above don't apply |")
        shared.setdefault("\n".join(rows), []).append(op)
    for text, ops in shared.items():
        first = ", ".join(f"`{op}`" for op in ops)
        lines += [f"| {first if not number else ''} {row}" for number, row in enumerate(text.split("\n"))]
    if named:
        lines += ["", "After these come the forms of `std`, by their names there."]
    return "\n".join([*lines, ""])


def _way(way: Way) -> str:
    taken = "first" if way.when is always else _said(way.when)
    return f"| `{way.name}` | {_said(way.row)} | {way.applies} | {taken} |"


def _lowering(one: Lowering) -> str:
    taken = "first" if one.when is everywhere else _said(one.when)
    return f"| `{one.name}` | {_said(one.write)} | {_said(one.applies)} | {taken} |"


def _said(function: Callable[..., Any]) -> str:
    """The first paragraph of a function's documentation, in one line."""
    text = inspect.getdoc(function) or ""
    return " ".join(text.partition("\n\n")[0].split()).rstrip(".").replace("|", "\\|")
