"""The repair of a name that is bound again: another name for the new value, here and wherever it is read below."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netc.compiler.elaborate.frame import Frame
from netc.compiler.elaborate.values import ATTRIBUTES
from netc.grammar import ast
from netc.grammar.diagnostics import Edit, Fix
from netc.grammar.walk import children, walk


def renamed(frame: Frame, target: ast.Name, bind: ast.Bind) -> Fix | None:
    """Edits that give a bind's target the next free number, in its net or block and the trainings of the net."""
    file = frame.module.file
    around = [item for item in file.items if isinstance(item, (ast.Net, ast.Block)) and bind in item.body.statements]
    if not around:
        return None  # inside other braces the name may be read with either meaning
    item = around[0]
    taken = {node.id for node in walk(file) if isinstance(node, ast.Name)}
    base = target.id.rstrip("0123456789") or target.id
    number = next(number for number in range(2, len(taken) + 3) if f"{base}{number}" not in taken)
    trainings = [other for other in file.items if isinstance(other, ast.Train) and other.net == item.name]
    below = (name for name in _names(item, target.id) if name.span > target.span)
    later = [name for name in below if not bind.value.span.covers(name.span)]
    reads = [name for training in trainings for name in _names(training, target.id)]
    edits = tuple(Edit(name.span, f"{base}{number}") for name in (target, *later, *reads))
    return Fix(f"call it `{base}{number}` from here on", edits)


def _names(root: ast.Syntax, wanted: str) -> Iterator[ast.Name]:
    return (node for node in walk(root, inside=_written) if isinstance(node, ast.Name) and node.id == wanted)


def _written(node: ast.Syntax) -> Iterable[ast.Syntax]:
    """What is inside a node, but the keys of tables, which stand for themselves, and whose inner parts are named."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.name not in ATTRIBUTES:
        return ()
    return [value for _, value in node.entries] if isinstance(node, ast.Table) else children(node)
