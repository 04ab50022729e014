"""What rules ask of a file's text: the nodes of its nets and blocks, whether two say the same, and small edits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from netc.compiler.lint.base import Subject
from netc.compiler.net import Net
from netc.grammar import ast
from netc.grammar.diagnostics import Edit, Span
from netc.grammar.source import Source
from netc.grammar.walk import walk

Node = TypeVar("Node", bound=ast.Syntax)


def source(subject: Subject) -> Source:
    """The text with its line table."""
    return subject.shared(_source)


def _source(subject: Subject) -> Source:
    return Source(subject.tree.span.file, subject.tree.source)


@dataclass(frozen=True, slots=True)
class Part:
    """A net or block of the file, and the nodes inside it by their type, in reading order."""

    item: ast.Net | ast.Block
    nodes: Mapping[type[ast.Syntax], list[Any]]

    def all(self, kind: type[Node]) -> list[Node]:
        """The nodes of a type."""
        return self.nodes.get(kind, [])


def parts(subject: Subject) -> tuple[Part, ...]:
    """The nets and blocks that the file defines."""
    return subject.shared(_parts)


def _parts(subject: Subject) -> tuple[Part, ...]:
    found = []
    for item in subject.tree.items:
        if isinstance(item, (ast.Net, ast.Block)):
            inside: dict[type[ast.Syntax], list[Any]] = {}
            for node in walk(item.body):
                inside.setdefault(type(node), []).append(node)
            found.append(Part(item, inside))
    return tuple(found)


def file_names(subject: Subject) -> dict[str, Span]:
    """What the whole file sees, by name: blocks, nets, static binds, what `use` brings in."""
    found: dict[str, Span] = {}
    for item in subject.tree.items:
        if isinstance(item, (ast.Net, ast.Block)):
            found.setdefault(item.name, item.name_span)
        elif isinstance(item, ast.Bind):
            for target in item.targets:
                found.setdefault(target.id, target.span)
        elif isinstance(item, ast.Use):
            for used in item.names:
                found.setdefault(used.alias, used.span)
    return found


def declaration(subject: Subject, net: Net, name: str) -> ast.InputDeclaration | None:
    """Where a net of this file declares an input."""
    for item in subject.tree.items:
        if isinstance(item, ast.Net) and item.span == net.span:
            found = (one for part in item.body.statements if isinstance(part, ast.Input) for one in part.inputs)
            return next((one for one in found if one.name == name), None)
    return None


def same(a: Any, b: Any) -> bool:
    """Whether two trees say the same, wherever they stand."""
    if isinstance(a, ast.Syntax):
        return type(a) is type(b) and all(
            same(getattr(a, item.name), getattr(b, item.name))
            for item in fields(a)
            if item.name not in ("span", "name_span", "net_span", "source", "comments")
        )
    if isinstance(a, tuple):
        return isinstance(b, tuple) and len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and bool(a == b)


def literal(node: ast.Syntax | None) -> Any:
    """The value of a number, text, shape, `true`, `false` or `none`, with a sign or not; `...` for anything else."""
    match node:
        case ast.Number(value=value) | ast.String(value=value) | ast.Constant(value=value):
            return value
        case ast.ShapeLiteral(sizes=sizes):
            return sizes
        case ast.Unary(operator="-", operand=ast.Number(value=value)):
            return -value
        case ast.Flow(elements=(ast.Number() | ast.String() | ast.Constant() | ast.ShapeLiteral() as only,)):
            return literal(only)
    return ...


def at(span: Span) -> Span:
    """The place right before a span."""
    return Span(span.file, span.line, span.column, span.line, span.column)


def behind(span: Span) -> Span:
    """The place right behind a span."""
    return Span(span.file, span.end_line, span.end_column, span.end_line, span.end_column)


def between(a: Span, b: Span) -> Span:
    """From the end of one span to the beginning of another."""
    return Span(a.file, a.end_line, a.end_column, b.line, b.column)


def without_argument(call: ast.Call, argument: ast.Argument, text: Source) -> Edit | None:
    """Takes an argument out of a call, with the comma that goes with it; None where a comment stands between."""
    place = [item is argument for item in call.arguments].index(True)
    if place:
        span = between(call.arguments[place - 1].span, behind(argument.span))
    elif len(call.arguments) > 1:
        span = between(at(argument.span), call.arguments[1].span)
    else:
        span = between(call.function.span, behind(call.span))
    return None if "#" in text.between(span) else Edit(span, "")
