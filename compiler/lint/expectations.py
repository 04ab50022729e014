"""What the checker finds about costs, `expect params <= 100_000`: which layers make them, and ways to meet it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from netc.compiler.check import CheckResult, check
from netc.compiler.lint.allowance import expects
from netc.compiler.lint.budget import BudgetError, Comparison, Miss, miss, of_expect
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
    nets = check(result.file.span.file, without_budgets(result.file)).nets
    return [_explained(finding, result.file, wanted, nets) for finding in result.diagnostics]


def _comparisons(tree: ast.File) -> Iterator[tuple[Span, tuple[ast.Expect, Comparison]]]:
    for item in tree.items:
        if isinstance(item, ast.Net):
            for statement in expects(tree, item.name):
                for comparison in of_expect(statement.condition, tree.source):
                    yield comparison.tree.span, (statement, comparison)


def _explained(
    finding: Diagnostic, tree: ast.File, wanted: dict[Span, tuple[ast.Expect, Comparison]], nets: Sequence[Net]
) -> Diagnostic:
    if finding.code != CODE or finding.primary is None or finding.primary.span not in wanted:
        return finding
    statement, comparison = wanted[finding.primary.span]
    net = next((one for one in nets if statement.span in one.expects and _missed(comparison, one)), None)
    missed = _missed(comparison, net) if net is not None else None
    if net is None or missed is None:
        return finding
    places, _ = shares_of(missed)
    found = smallest(net, tree, comparison)
    here = tuple(label for label in places if label.span.file == tree.span.file)
    return replace(
        finding,
        secondary=finding.secondary + here,
        notes=tuple(note for note in finding.notes if not note.startswith(SHORT)) if here else finding.notes,
        help=help_for(found, None) if found else finding.help,
    )


def _missed(comparison: Comparison, net: Net) -> Miss | None:
    """What a net has instead; None where a part is called otherwise in sight of the text than by its path."""
    try:
        return miss(comparison, net)
    except BudgetError:
        return None
