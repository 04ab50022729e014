"""What the checker finds about costs, `expect params <= 100_000`: which layers make them, and ways to meet it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from netc.compiler.check import CheckResult, check
from netc.compiler.lint.allowance import expects
from netc.compiler.lint.budget import BudgetError, Comparison, miss, of_expect
from netc.compiler.lint.missed import help_for, shares_of
from netc.compiler.lint.variants import smallest, without_budgets
from netc.compiler.net import Net
from netc.grammar import ast
from netc.grammar.diagnostics import Diagnostic, Span

CODE = "E310"
SHORT = "most parameters are in"
"""How the checker's own note begins, which says less."""


def explained(result: CheckResult) -> list[Diagnostic]:
    """The checker's findings; those about budgets of the file's nets say what they are made of.

    Where arguments are given from outside, they stay as they are: changes are tried on the text with its own.
    """
    if result.given or not any(finding.code == CODE for finding in result.diagnostics):
        return result.diagnostics
    wanted = dict(_comparisons(result.file))
    nets = {net.name: net for net in check(result.file.span.file, without_budgets(result.file)).nets}
    return [_explained(finding, result.file, wanted, nets) for finding in result.diagnostics]


def _comparisons(tree: ast.File) -> Iterator[tuple[Span, tuple[str, Comparison]]]:
    for item in tree.items:
        if isinstance(item, ast.Net):
            for statement in expects(tree, item.name):
                for comparison in of_expect(statement.condition, tree.source):
                    yield comparison.tree.span, (item.name, comparison)


def _explained(
    finding: Diagnostic, tree: ast.File, wanted: dict[Span, tuple[str, Comparison]], nets: dict[str, Net]
) -> Diagnostic:
    if finding.code != CODE or finding.primary is None or finding.primary.span not in wanted:
        return finding
    name, comparison = wanted[finding.primary.span]
    try:
        missed = miss(comparison, nets[name]) if name in nets else None
    except BudgetError:  # a part is called otherwise in sight of the text than by its path
        missed = None
    if missed is None:
        return finding
    places, _ = shares_of(missed)
    found = smallest(nets[name], tree, comparison)
    here = tuple(label for label in places if label.span.file == tree.span.file)
    return replace(
        finding,
        secondary=finding.secondary + here,
        notes=tuple(note for note in finding.notes if not note.startswith(SHORT)) if here else finding.notes,
        help=help_for(found, None) if found else finding.help,
    )
