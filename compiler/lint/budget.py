"""Conditions over what a network costs: `params <= 150M and memory(batch=32) < 8GiB`."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from netc.compiler.applications import LayerInstance
from netc.compiler.facts.count import count, memory, totals
from netc.compiler.ir import Dim, Size
from netc.compiler.net import Net
from netc.grammar import ast
from netc.grammar.diagnostics import did_you_mean
from netc.grammar.parse import parse

MEASURES = ("params", "trainable", "flops", "activations", "layers")
OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "<=": operator.le, "<": operator.lt, ">=": operator.ge, ">": operator.gt, "==": operator.eq, "!=": operator.ne,
    "+": operator.add, "-": operator.sub, "*": operator.mul, "//": operator.floordiv, "/": operator.truediv,
}  # fmt: skip
COMPARISONS = frozenset(("<=", "<", ">=", ">", "==", "!="))


class BudgetError(Exception):
    """A condition that cannot be understood: the message, and the way out."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.help = help


@dataclass(frozen=True, slots=True)
class Miss:
    """A comparison that doesn't hold: its text, and for each measure in it the figure. `measure` is the first."""

    text: str
    figures: dict[str, Size]

    @property
    def measure(self) -> str:
        """What the comparison is about."""
        return next(iter(self.figures), "params")


@cache
def condition(text: str) -> ast.Expression:
    """The tree of a condition; raises BudgetError."""
    tree, findings = parse(f"net budget {{ expect {text}\n}}", "budget")
    statement = next((s for item in tree.items if isinstance(item, ast.Net) for s in item.body.statements), None)
    if findings or not isinstance(statement, ast.Expect):
        raise BudgetError("the condition cannot be read", 'write it as in "examples/**" = "params <= 150M"')
    for _ in _comparisons(statement.condition, text):
        pass
    return statement.condition


def misses(text: str, net: Net) -> list[Miss]:
    """The comparisons of a condition that a network doesn't meet, none if the condition holds; raises BudgetError."""
    tree = condition(text)
    if _evaluate(tree, net, {}):
        return []
    found = []
    for comparison, words in _comparisons(tree, text):
        figures: dict[str, Size] = {}
        if not _evaluate(comparison, net, figures):
            found.append(Miss(words, figures))
    return found or [Miss(text, {})]


def shares(net: Net, measure: str) -> list[tuple[LayerInstance, int]]:
    """The layers that make a figure, largest first."""
    field = measure if measure in ("params", "trainable", "flops", "activations") else "activations"
    seen: set[int] = set()
    found = []
    for layer in net.layers:
        first = not any(id(item) in seen for item in layer.parameters)
        seen.update(map(id, layer.parameters))
        value = getattr(count([layer]), field)
        if (
            isinstance(value, int)
            and value
            and not layer.training_only
            and (first or field not in ("params", "trainable"))
        ):
            found.append((layer, value))
    return sorted(found, key=lambda pair: -pair[1])


def _comparisons(tree: ast.Expression, text: str) -> Iterator[tuple[ast.Expression, str]]:
    """The comparisons in a condition with their text; raises BudgetError where there is something else."""
    match tree:
        case ast.Binary(operator="and" | "or") as both:
            yield from _comparisons(both.left, text)
            yield from _comparisons(both.right, text)
        case ast.Unary(operator="not") as negated:
            for _ in _comparisons(negated.operand, text):
                pass
            yield negated, _text(negated, text)
        case ast.Binary(operator=sign) if sign in COMPARISONS:
            yield tree, _text(tree, text)
        case _:
            raise BudgetError(f"`{_text(tree, text)}` is no condition", "compare it with a number: `params <= 150M`")


def _text(tree: ast.Expression, text: str) -> str:
    offset = len("net budget { expect ") + 1
    return text[tree.span.column - offset : tree.span.end_column - offset].strip()


def _evaluate(tree: ast.Expression, net: Net, figures: dict[str, Size]) -> Any:
    match tree:
        case ast.Number(value=value):
            return value
        case ast.Unary(operator="not", operand=operand):
            return not _evaluate(operand, net, figures)
        case ast.Unary(operator="-", operand=operand):
            return -_evaluate(operand, net, figures)
        case ast.Binary(operator="and", left=left, right=right):
            return _evaluate(left, net, figures) and _evaluate(right, net, figures)
        case ast.Binary(operator="or", left=left, right=right):
            return _evaluate(left, net, figures) or _evaluate(right, net, figures)
        case ast.Binary(operator=sign, left=left, right=right) if sign in OPERATORS:
            return OPERATORS[sign](_evaluate(left, net, figures), _evaluate(right, net, figures))
        case ast.Name(id=name) if name in MEASURES:
            return _measured(name, getattr(totals(net), name), figures)
        case ast.Name(id=name):
            near = did_you_mean(name, (*MEASURES, "memory")) or f"use {', '.join(MEASURES)} or memory(batch=32)"
            raise BudgetError(f"a budget knows no `{name}`", near)
        case ast.Call(
            function=ast.Name(id="memory"), arguments=(ast.Argument(name="batch", value=ast.Number(value=batch)),)
        ):
            return _measured(f"memory(batch={batch})", memory(net, int(batch)).total, figures)
    raise BudgetError("the condition has a part that no budget knows", f"use {', '.join(MEASURES)} or memory(batch=32)")


def _measured(name: str, figure: Size, figures: dict[str, Size]) -> Size:
    figures[name] = figure
    if isinstance(figure, Dim):
        raise BudgetError(
            f"`{name}` depends on the size of the input: {figure}", "budget `params`, or fix the input's size"
        )
    return figure


__all__ = ["BudgetError", "Miss", "condition", "misses", "shares"]
