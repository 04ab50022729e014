"""L008: a network that costs more than its project allows."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.lint.allowance import Allowance, allowances, refused
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.budget import BudgetError, Miss, NoPartError, miss
from netc.compiler.lint.missed import figures_of, help_for, shares_of
from netc.compiler.lint.variants import smallest
from netc.compiler.net import Net
from netc.grammar import ast
from netc.grammar.diagnostics import Diagnostic, Span


@rule("L008")
def over_budget(subject: Subject) -> Iterator[Diagnostic]:
    """A network costs more than the budget for its folder.

    ## What it does
    Compares every net of a file with the conditions under [budget] in the nearest netc.toml, or [tool.netc.budget] in
    pyproject.toml, whose pattern matches the file, seen from there: `*` stays within a folder, `**` crosses folders.
    A condition may speak of `params`, `trainable`, `flops`, `activations`, `layers` and `memory(batch=32)`; of a part,
    `params(stage1)`; and of what costs most, `params(largest_layer)`, `flops(largest_block)`. Of conditions about the
    same measure the one with the narrowest pattern holds, and an `expect` in the net is narrower than any. The changes
    that are offered are the smallest of their kind with which the net, elaborated anew, meets the condition.
    `latency(batch=1) <= 5ms` is measured by `netc bench --check` alone.

    ## Why is this bad
    Somebody decided what the network may cost, on a phone, a sensor or a shared card. Networks grow one line at a time,
    and a changed default may add more than all the rest.

    ## Example
    ```toml
    [tool.netc.budget]
    "**" = "params <= 100k"
    ```
    ```
    net Large {
      input image: 1x28x28
      flatten
      dense(512, act=relu)
      dense(10)
    }
    ```

    ## Use instead
    ```toml
    [tool.netc.budget]
    "**" = "params <= 100k"
    ```
    ```
    net Small {
      input image: 1x28x28
      flatten
      dense(100, act=relu)
      dense(10)
    }
    ```
    """
    for net in subject.nets:
        if net.file != subject.file:
            continue
        for held in allowances(subject.tree, net, subject.budgets, subject.config):
            if held.pattern is not None:  # what the text says itself is the checker's
                found = _missed(subject, net, held)
                if found is not None:
                    yield _finding(subject, net, found, held.pattern)


def _missed(subject: Subject, net: Net, held: Allowance) -> Miss | None:
    try:
        return miss(held.comparison, net)
    except NoPartError as error:
        if "*" in (held.pattern or ""):  # a part that some of many nets have
            return None
        raise refused(error, held.pattern, held.comparison.text, subject.config) from None
    except BudgetError as error:
        raise refused(error, held.pattern, held.comparison.text, subject.config) from None


def _finding(subject: Subject, net: Net, missed: Miss, pattern: str) -> Diagnostic:
    places, largest = shares_of(missed)
    return warning(
        f"net `{net.name}` is over its budget: {missed.text}",
        _headline(subject, net),
        figures_of(missed),
        secondary=[label for label in places if label.span.file == subject.file],
        notes=[f'the budget of "{pattern}" in {subject.config.name if subject.config else "the settings"}'],
        help=help_for(smallest(net, subject.tree, missed.comparison), largest),
    )


def _headline(subject: Subject, net: Net) -> Span:
    """The net's name in the text."""
    nets = (item for item in subject.tree.items if isinstance(item, ast.Net))
    return next((item.name_span for item in nets if item.span == net.span), net.span)
