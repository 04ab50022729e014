"""L008: a network that costs more than its project allows."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.ir import Size
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.budget import BudgetError, Miss, misses, shares
from netc.compiler.net import Net
from netc.grammar import ast
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, DiagnosticError, Label, Span

LISTED = 5


@rule("L008")
def over_budget(subject: Subject) -> Iterator[Diagnostic]:
    """A network costs more than the budget for its folder.

    ## What it does
    Compares every net of a file with the conditions under [tool.netc.budget] in the nearest pyproject.toml whose
    pattern matches the file, seen from that pyproject.toml: `*` stays within a folder, `**` crosses folders. A
    condition may speak of `params`, `trainable`, `flops`, `activations`, `layers` and `memory(batch=32)`. For a single
    network, `expect` in the text says the same.

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
    for pattern, text in subject.budgets.items():
        for net in subject.nets:
            if net.file != subject.file:
                continue
            try:
                found = misses(text, net)
            except BudgetError as error:
                notes = (f'"{pattern}" = "{text}" in {subject.config}',)
                raise DiagnosticError(Diagnostic("E260", str(error), notes=notes, help=error.help)) from None
            for miss in found:
                yield _finding(subject, net, miss, pattern)


def _finding(subject: Subject, net: Net, miss: Miss, pattern: str) -> Diagnostic:
    largest = shares(net, miss.measure)
    total = sum(value for _, value in largest) or 1
    places: dict[Span, list[str]] = {}
    for layer, value in largest[:LISTED]:
        if 100 * value < total:
            break
        places.setdefault(layer.span, []).append(f"{layer.path}: {value:,} ({100 * value // total} %)")
    figures = ", ".join(f"{name} = {_figure(name, value)}" for name, value in miss.figures.items())
    return warning(
        f"net `{net.name}` is over its budget: {miss.text}",
        _headline(subject, net),
        figures,
        secondary=[Label(span, "; ".join(words[:3])) for span, words in places.items() if span.file == subject.file],
        notes=[f'the budget of "{pattern}" in pyproject.toml'],
        help=f"make `{largest[0][0].path}` smaller, or raise the budget" if largest else "raise the budget",
    )


def _headline(subject: Subject, net: Net) -> Span:
    """The net's name in the text."""
    nets = (item for item in subject.tree.items if isinstance(item, ast.Net))
    return next((item.name_span for item in nets if item.span == net.span), net.span)


def _figure(name: str, value: Size) -> str:
    return f"{counted(value, 'byte')}" if name.startswith("memory") and isinstance(value, int) else f"{value:,}"
