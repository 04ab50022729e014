"""L101: an expectation that adds up parts which share weights."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from netc.compiler.declare.parameter import Parameter
from netc.compiler.facts.count import part
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.net import Net
from netc.grammar import ast
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic
from netc.grammar.walk import walk


@rule("L101")
def weights_counted_twice(subject: Subject) -> Iterator[Diagnostic]:
    """An expectation adds the parameters of two parts that share weights, and counts these twice.

    ## What it does
    Finds sums such as `params(encoder) + params(decoder)` in the expectations of a net where the two parts have weights
    in common: a `shared` layer, or one that takes another's with `weight=`.

    ## Why is this bad
    Each `params(…)` counts a shared weight once, and the sum counts it twice. The figure is larger than the model, a
    budget that it is compared with is missed for nothing, and papers that count tied weights once don't agree with it.
    `params` of the whole net counts every weight once.

    ## Example
    ```
    net Tied {
      input left: 8, right: 8
      shared tower = dense(16, act=relu)
      a = left -> tower
      b = right -> tower
      same = a - b -> abs -> dense(1)
      expect params(a) + params(b) == 288
    }
    ```

    ## Use instead
    ```
    net Once {
      input left: 8, right: 8
      shared tower = dense(16, act=relu)
      a = left -> tower
      b = right -> tower
      same = a - b -> abs -> dense(1)
      expect params == 161
    }
    ```
    """
    nets = {net.name: net for net in subject.nets}
    for item in subject.tree.items:
        net = nets.get(item.name) if isinstance(item, ast.Net) else None
        if net is None or "params(" not in subject.tree.source:
            continue
        for statement in walk(item):
            if isinstance(statement, ast.Expect):
                yield from _in(statement, net)


def _in(statement: ast.Expect, net: Net) -> Iterator[Diagnostic]:
    for node in walk(statement.condition):
        if isinstance(node, ast.Binary) and node.operator == "+":
            for (a, path), (b, other) in combinations(_parts(node), 2):
                ours, theirs = _weights(net, path), _weights(net, other)
                shared = sum(item.count for key, item in ours.items() if key in theirs and path != other)
                if shared and any(side.span.covers(b.span) for side in (node.right,)) and a is not b:
                    yield warning(
                        f"`{path}` and `{other}` share {counted(shared, 'parameter')}, counted twice here",
                        node.span,
                        f"{sum(item.count for item in (ours | theirs).values()):,} together",
                        help="write `params`, which counts every weight of the net once",
                    )


def _parts(tree: ast.Expression) -> list[tuple[ast.Call, str]]:
    """What a sum adds of `params(part)`, with the parts' paths."""
    if isinstance(tree, ast.Binary) and tree.operator == "+":
        return _parts(tree.left) + _parts(tree.right)
    if isinstance(tree, ast.Call) and isinstance(tree.function, ast.Name) and tree.function.id == "params":
        path = _path(tree.arguments[0].value) if len(tree.arguments) == 1 else None
        return [(tree, path)] if path else []
    return []


def _path(tree: ast.Expression | ast.Braced) -> str | None:
    if isinstance(tree, ast.Name):
        return tree.id
    if isinstance(tree, ast.Attribute):
        before = _path(tree.value)
        return f"{before}.{tree.name}" if before else None
    return None


def _weights(net: Net, path: str) -> dict[int, Parameter]:
    """The weights of a part, by what they are."""
    return {id(item): item for layer in part(net, path) for item in layer.parameters if not item.buffer}
