"""Conditions over what a network costs: `params <= 150M and memory(batch=32) < 8GiB`."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from netc.compiler.applications import Application, Kind, LayerInstance
from netc.compiler.facts.count import count, figure, fixed, memory, part
from netc.compiler.ir import Dim, Size
from netc.compiler.net import Net
from netc.grammar import ast
from netc.grammar.diagnostics import did_you_mean
from netc.grammar.parse import parse
from netc.grammar.walk import walk

MEASURES = ("params", "trainable", "flops", "activations", "layers")
"""What can be said of a net, of a part of it, and of what costs most in it."""

LARGEST = ("largest_layer", "largest_block")

CALLED = ("memory", "latency")
"""What can be said of a whole net, for a batch. Only `netc bench --check` measures a latency."""

OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "<=": operator.le, "<": operator.lt, ">=": operator.ge, ">": operator.gt, "==": operator.eq, "!=": operator.ne,
    "+": operator.add, "-": operator.sub, "*": operator.mul, "//": operator.floordiv, "/": operator.truediv,
}  # fmt: skip
COMPARISONS = frozenset(("<=", "<", ">=", ">", "==", "!="))
KNOWN = f"use {', '.join(MEASURES)}, memory(batch=32) or latency(batch=1)"
BEFORE = "net budget { expect "


class BudgetError(Exception):
    """A condition that cannot be understood: the message, and the way out."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.help = help


class NoPartError(BudgetError):
    """A condition about a part that the net doesn't have."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What was counted, for one measure in a condition, and whose it is: the net's layers, a part's, the largest's."""

    name: str
    measure: str
    value: Size
    layers: tuple[LayerInstance, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison of a condition: its text, its tree, and the measure it is about: `memory(batch=32)`.

    Of two comparisons about the same measure the one that is said more narrowly holds.
    """

    text: str
    tree: ast.Expression
    about: str

    @property
    def timed(self) -> bool:
        """Whether it is about a latency, which has to be measured."""
        return any(isinstance(node, ast.Name) and node.id == "latency" for node in walk(self.tree))


@dataclass(frozen=True, slots=True)
class Miss:
    """A comparison that doesn't hold, and the figures of the measures in it."""

    comparison: Comparison
    figures: tuple[Figure, ...]

    @property
    def text(self) -> str:
        """The comparison as it is written."""
        return self.comparison.text


@cache
def comparisons(text: str) -> tuple[Comparison, ...]:
    """The comparisons that a condition joins by `and`; raises BudgetError."""
    tree, findings = parse(f"{BEFORE}{text}\n}}", "budget")
    statement = next((s for item in tree.items if isinstance(item, ast.Net) for s in item.body.statements), None)
    if findings or not isinstance(statement, ast.Expect):
        raise BudgetError("the condition cannot be read", 'write it as in "examples/**" = "params <= 150M"')
    found = tuple(_joined(statement.condition, f"{BEFORE}{text}"))
    for comparison in found:
        _understand(comparison.tree, comparison.text)
    return found


def of_expect(condition: ast.Expression, source: str) -> tuple[Comparison, ...]:
    """The comparisons of an `expect` that are about costs; others are the checker's alone."""
    return tuple(item for item in _joined(condition, source) if item.about and _understood(item))


def figures(comparison: Comparison, net: Net) -> tuple[Figure, ...]:
    """What is counted for a comparison; raises BudgetError. Latencies are left out."""
    found: dict[str, Figure] = {}
    _evaluate(comparison.tree, net, found)
    return tuple(found.values())


def miss(comparison: Comparison, net: Net) -> Miss | None:
    """What a net has instead, where a comparison doesn't hold; raises BudgetError."""
    found: dict[str, Figure] = {}
    if comparison.timed or _evaluate(comparison.tree, net, found):
        return None
    return Miss(comparison, tuple(found.values()))


def bound(comparison: Comparison) -> tuple[str, ast.Number] | None:
    """The sign and the number of `measure <= number`; None for anything else."""
    tree = comparison.tree
    if isinstance(tree, ast.Binary) and tree.operator in COMPARISONS and isinstance(tree.right, ast.Number):
        return tree.operator, tree.right
    return None


def batch_of(comparison: Comparison) -> int:
    """The batch that a comparison of `measure(batch=N)` speaks of; 1 where it names none."""
    left = comparison.tree.left if isinstance(comparison.tree, ast.Binary) else None
    name = left.function if isinstance(left, ast.Call) else None
    return _arguments(name.id, left)[1] if isinstance(left, ast.Call) and isinstance(name, ast.Name) else 1


def shares(figure: Figure) -> list[tuple[LayerInstance, int]]:
    """The layers that make a figure, largest first; weights count where they are first used."""
    name = figure.measure if figure.measure in ("params", "trainable", "flops", "activations") else "activations"
    seen: set[int] = set()
    found = []
    for layer in figure.layers:
        again = any(id(item) in seen for item in layer.parameters)
        seen.update(map(id, layer.parameters))
        value = getattr(count([layer]), name)
        if isinstance(value, int) and value and not layer.training_only:
            if again and name in ("params", "trainable"):
                continue
            found.append((layer, value))
    return sorted(found, key=lambda pair: -pair[1])


# ---------------------------------------------------------------- reading
def _joined(tree: ast.Expression, source: str) -> Iterator[Comparison]:
    if isinstance(tree, ast.Binary) and tree.operator == "and":
        yield from _joined(tree.left, source)
        yield from _joined(tree.right, source)
        return
    named = (_called(node, source) for node in walk(tree) if isinstance(node, ast.Call | ast.Name))
    yield Comparison(_text(tree, source), tree, next(filter(None, named), ""))


def _called(node: ast.Call | ast.Name, source: str) -> str | None:
    """`memory(batch=32)`, `params`; None for other names."""
    if isinstance(node, ast.Name):
        return node.id if node.id in MEASURES else None
    function = node.function
    if not isinstance(function, ast.Name) or function.id not in (*MEASURES, *CALLED):
        return None
    return "".join(_text(node, source).split())


def _text(tree: ast.Syntax, source: str) -> str:
    lines = source.splitlines()[tree.span.line - 1 : tree.span.end_line]
    lines[-1] = lines[-1][: tree.span.end_column - 1]
    lines[0] = lines[0][tree.span.column - 1 :]
    return " ".join(" ".join(lines).split())


def _understood(comparison: Comparison) -> bool:
    try:
        _understand(comparison.tree, comparison.text)
    except BudgetError:
        return False
    return True


def _understand(tree: ast.Expression, text: str) -> None:
    """Refuse what is no condition, or has parts that no budget knows; raises BudgetError."""
    match tree:
        case ast.Binary(operator="and" | "or", left=left, right=right):
            _understand(left, text)
            _understand(right, text)
        case ast.Unary(operator="not", operand=operand):
            _understand(operand, text)
        case ast.Binary(operator=sign, left=left, right=right) if sign in COMPARISONS:
            _known(left)
            _known(right)
        case _:
            raise BudgetError(f"`{text}` is no condition", "compare it with a number: `params <= 150M`")


def _known(tree: ast.Expression) -> None:
    match tree:
        case ast.Number():
            return
        case ast.Unary(operator="-", operand=operand):
            _known(operand)
        case ast.Binary(operator=sign, left=left, right=right) if sign in OPERATORS and sign not in COMPARISONS:
            _known(left)
            _known(right)
        case ast.Name(id=name):
            if name in CALLED:
                raise BudgetError(f"`{name}` needs a batch", f"write `{name}(batch=32)`")
            if name not in MEASURES:
                help = did_you_mean(name, (*MEASURES, *CALLED)) or KNOWN
                raise BudgetError(f"a budget knows no `{name}`", help)
        case ast.Call(function=ast.Name(id=name)):
            _arguments(name, tree)
        case _:
            raise BudgetError("the condition has a part that no budget knows", KNOWN)


def _arguments(name: str, call: ast.Call) -> tuple[str | None, int]:
    """The part and the batch that a measure is asked for; raises BudgetError."""
    if name not in (*MEASURES, *CALLED):
        raise BudgetError(f"a budget knows no `{name}`", did_you_mean(name, (*MEASURES, *CALLED)) or KNOWN)
    path: str | None = None
    batch = 1
    for argument in call.arguments:
        match argument:
            case ast.Argument(name="batch", value=ast.Number(value=int() as size)) if size > 0 and name != "layers":
                batch = size
            case ast.Argument(name=None, value=value) if path is None and name in MEASURES:
                path = _path(value)
            case _:
                example = f"{name}(batch=32)" if name in CALLED else f"{name}(stage1), {name}(largest_layer)"
                raise BudgetError(f"`{name}` isn't asked like this", f"write {example}")
    return path, batch


def _path(tree: ast.Expression) -> str:
    match tree:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, name=name):
            return f"{_path(value)}.{name}"
    raise BudgetError("a part of a net is named by its path", "write `params(stage1.conv1)`")


# ---------------------------------------------------------------- counting
def _evaluate(tree: ast.Expression, net: Net, found: dict[str, Figure]) -> Any:
    match tree:
        case ast.Number(value=value):
            return value
        case ast.Unary(operator="not", operand=operand):
            return not _evaluate(operand, net, found)
        case ast.Unary(operator="-", operand=operand):
            return -_evaluate(operand, net, found)
        case ast.Binary(operator="and", left=left, right=right):
            return _evaluate(left, net, found) and _evaluate(right, net, found)
        case ast.Binary(operator="or", left=left, right=right):
            return _evaluate(left, net, found) or _evaluate(right, net, found)
        case ast.Binary(operator=sign, left=left, right=right):
            return OPERATORS[sign](_evaluate(left, net, found), _evaluate(right, net, found))
        case ast.Name(id=name):
            return _counted(net, name, None, 1, found)
        case ast.Call(function=ast.Name(id=name)):
            path, batch = _arguments(name, tree)
            return _counted(net, name, path, batch, found)
    raise AssertionError("a condition that has been understood")


def _counted(net: Net, measure: str, path: str | None, batch: int, found: dict[str, Figure]) -> Size:
    if measure == "latency":
        return 0
    given = [item for item in (path, f"batch={batch}" if batch > 1 or measure == "memory" else None) if item]
    name = f"{measure}({', '.join(given)})" if given else measure
    layers: Sequence[LayerInstance] = [layer for layer in net.layers if not layer.training_only]
    if measure == "memory":
        value = memory(net, batch).total
    elif path in LARGEST and not part(net, path):
        name, layers = _largest(net, measure, path, batch)
        value = figure(measure, layers, batch, fixed(net))
    elif path is not None:
        layers = part(net, path)
        if not layers:
            near = did_you_mean(path, {layer.path for layer in net.layers})
            raise NoPartError(f"net `{net.name}` has no part `{path}`", near or "`netc summary` shows its parts")
        value = figure(measure, layers, batch, fixed(net))
    else:
        value = figure(measure, layers, batch, fixed(net))
    if isinstance(value, Dim):
        help = "budget `params`, or fix the input's size"
        raise BudgetError(f"`{name}` depends on the size of the input: {value}", help)
    found[name] = Figure(name, measure, value, tuple(layers))
    return value


def _largest(net: Net, measure: str, kind: str, batch: int) -> tuple[str, list[LayerInstance]]:
    """The layer or block of a net with the largest figure, and what the figure is called."""
    parts: list[tuple[str, list[LayerInstance]]]
    if kind == LARGEST[0]:
        parts = [(layer.path, [layer]) for layer in net.layers if not layer.training_only]
    else:
        inside = (item for item in net.tree.walk() if isinstance(item, Application) and item is not net.tree)
        parts = [(item.path, item.layers()) for item in inside if item.kind in (Kind.BLOCK, Kind.NET)]
    if not parts:
        return f"{measure}({kind})", []

    def size(one: tuple[str, list[LayerInstance]]) -> Any:
        value = figure(measure, one[1], batch, fixed(net))
        return value if isinstance(value, int) else 0

    path, layers = max(parts, key=size)
    return f"{measure}({kind}) in {path}", layers


__all__ = ["BudgetError", "Comparison", "Figure", "Miss", "NoPartError", "bound", "comparisons", "figures", "miss",
           "of_expect", "shares"]  # fmt: skip
