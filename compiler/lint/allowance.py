"""Which budgets hold for a net: those of the settings whose pattern fits, the narrowest for each measure, and the
file's own `expect`, which is narrower than any of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from netc.compiler.lint.budget import BudgetError, Comparison, comparisons, of_expect
from netc.compiler.net import Net
from netc.grammar import ast
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.grammar.walk import walk


@dataclass(frozen=True, slots=True)
class Allowance:
    """One comparison that holds for a net, and who says so.

    pattern  that of the settings; None where the text says it itself
    expect   the statement in the text
    """

    comparison: Comparison
    pattern: str | None = None
    expect: ast.Expect | None = None


def allowances(tree: ast.File, net: Net, budgets: Mapping[str, str], config: Path | None) -> list[Allowance]:
    """What holds for a net, measure by measure. `budgets` has the narrowest pattern last.

    Raises DiagnosticError E260 for conditions that cannot be understood.
    """
    found: dict[str, Allowance] = {}
    for pattern, text in budgets.items():
        for comparison in _read(pattern, text, config):
            found[comparison.about] = Allowance(comparison, pattern)
    own: dict[str, list[Allowance]] = {}
    for statement in expects(tree, net.name):
        if statement.span not in net.expects:  # an `if` did not pick it
            continue
        for comparison in of_expect(statement.condition, tree.source):
            own.setdefault(comparison.about, []).append(Allowance(comparison, expect=statement))
    kept = [one for about, one in found.items() if about not in own]
    return [*kept, *(one for same in own.values() for one in same)]


def expects(tree: ast.File, name: str) -> Iterator[ast.Expect]:
    """The `expect` statements of a net itself, those in `if` among them, not those of blocks or loops in it."""
    for item in tree.items:
        if isinstance(item, ast.Net) and item.name == name:
            yield from (one for one in walk(item.body, inside=_chosen) if isinstance(one, ast.Expect))


def _chosen(node: ast.Syntax) -> Iterable[ast.Syntax]:
    """The statements of a net's braces, and of those that a condition picks."""
    match node:
        case ast.Body():
            return node.statements
        case ast.If():
            return filter(None, (node.then, node.otherwise))
    return ()


def _read(pattern: str, text: str, config: Path | None) -> tuple[Comparison, ...]:
    try:
        return comparisons(text)
    except BudgetError as error:
        raise refused(error, pattern, text, config) from None


def refused(error: BudgetError, pattern: str | None, text: str, config: Path | None) -> DiagnosticError:
    """A condition that cannot be understood, as a finding."""
    notes = (f'"{pattern}" = "{text}" in {config}',) if pattern is not None else (f"expect {text}",)
    return DiagnosticError(Diagnostic("E260", str(error), notes=notes, help=error.help))
