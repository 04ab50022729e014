"""Every node of a syntax tree, parents before children, in the order of the text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from typing import Any

from netc.grammar import ast

Inside = Callable[[ast.Syntax], Iterable[ast.Syntax]]


def walk(*roots: ast.Syntax | None, inside: Inside | None = None) -> Iterator[ast.Syntax]:
    """The roots and every node in them; a root that is None is left out.

    inside  which nodes of a node to go into, instead of all its children
    """
    enter = inside or children
    stack = [root for root in reversed(roots) if root is not None]
    while stack:
        node = stack.pop()
        yield node
        stack += [*enter(node)][::-1]


def children(node: ast.Syntax) -> list[ast.Syntax]:
    """The nodes directly inside one."""
    found: list[ast.Syntax] = []
    kind = type(node)
    names = _PARTS.get(kind)
    if names is None:
        names = _PARTS[kind] = tuple(
            one.name for one in fields(kind) if not one.name.endswith("span") and one.type not in PLAIN
        )
    for name in names:
        value = getattr(node, name)
        if type(value) is tuple:
            _collect(value, found)
        elif isinstance(value, ast.Syntax):
            found.append(value)
    return found


_PARTS: dict[type[ast.Syntax], tuple[str, ...]] = {}
"""The fields of a kind of node that may hold nodes, as they are asked for: a place holds none, nor does a word."""

PLAIN = frozenset(
    ("str", "int", "str | None", "int | float", "bool", "bool | None", "tuple[int, ...]", "tuple[str, ...] | None")
)
"""The types of fields that hold no nodes, as they are written."""


def read(node: ast.Syntax) -> Iterable[ast.Syntax]:
    """The children that are read: not the names that a bind or a loop gives."""
    match node:
        case ast.Bind():
            return (node.value,)
        case ast.For():
            return (node.iterable, node.body)
    return children(node)


def _collect(values: tuple[Any, ...], found: list[ast.Syntax]) -> None:
    """The nodes in a field that holds a tuple of them, or a tuple of pairs."""
    for value in values:
        if isinstance(value, ast.Syntax):
            found.append(value)
        elif isinstance(value, tuple):
            _collect(value, found)


def said(value: Any) -> Any:
    """What a node says, comments included, without the places where it stands: equal for texts that say the same."""
    match value:
        case ast.Comment():
            return value.text.rstrip()
        case ast.File():
            return said(value.items), said(value.comments)
        case ast.Syntax():
            return type(value).__name__, *(said(getattr(value, field.name)) for field in fields(value)
                                           if not field.name.endswith("span"))  # fmt: skip
        case tuple():
            return tuple(map(said, value))
    return value
