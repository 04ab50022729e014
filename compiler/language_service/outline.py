"""The outline of a file: nets, blocks, train sections and what is bound in them."""

from __future__ import annotations

from dataclasses import dataclass

from netc.compiler.language_service.workspace import Analysis
from netc.grammar import ast
from netc.grammar.diagnostics import Span


@dataclass(frozen=True, slots=True)
class Entry:
    """A part of the file.

    kind  net, block, train, bind, input, step, setting, use or static
    span  its text;  selection: the place of its name
    """

    name: str
    kind: str
    detail: str
    span: Span
    selection: Span
    children: tuple[Entry, ...] = ()


def outline(analysis: Analysis) -> list[Entry]:
    """The parts of a file, in the order of the text."""
    return [entry for item in analysis.file.items for entry in _item(analysis, item)]


def _item(analysis: Analysis, item: ast.Item) -> list[Entry]:
    out = analysis.out
    match item:
        case ast.Net() | ast.Block():
            kind = "net" if isinstance(item, ast.Net) else "block"
            detail = ", ".join(parameter.name for parameter in item.parameters)
            inside = tuple(entry for statement in item.body.statements for entry in _statement(analysis, statement))
            return [Entry(item.name, kind, detail, out(item.span), out(item.name_span), inside)]
        case ast.Train():
            inside = tuple(entry for statement in item.body.statements for entry in _setting(analysis, statement))
            return [Entry(f"train {item.net}", "train", item.label or "", out(item.span), out(item.net_span), inside)]
        case ast.Use():
            return [Entry(name.alias, "use", "", out(name.span), out(name.span)) for name in item.names]
        case ast.Bind():
            return [Entry(name.id, "static", "", out(item.span), out(name.span)) for name in item.targets]
    return []


def _statement(analysis: Analysis, node: ast.Statement) -> list[Entry]:
    out = analysis.out
    match node:
        case ast.Input(inputs=inputs):
            return [Entry(each.name, "input", "", out(each.span), out(each.name_span)) for each in inputs]
        case ast.Bind():
            return [Entry(name.id, "bind", "", out(node.span), out(name.span)) for name in node.targets]
        case ast.If():
            bodies = [node.then, *([node.otherwise] if node.otherwise is not None else [])]
            return [entry for body in bodies for inner in body.statements for entry in _statement(analysis, inner)]
        case ast.For() | ast.Repeat() | ast.Frozen() | ast.TrainOnly():
            return [entry for inner in node.body.statements for entry in _statement(analysis, inner)]
    return []


def _setting(analysis: Analysis, node: ast.Statement) -> list[Entry]:
    out = analysis.out
    match node:
        case ast.Bind():
            return [Entry(name.id, "setting", "", out(node.span), out(name.span)) for name in node.targets]
        case ast.Step():
            inside = tuple(entry for inner in node.body.statements for entry in _setting(analysis, inner))
            at = out(node.span)
            return [
                Entry(
                    f"step {node.name}",
                    "step",
                    "",
                    at,
                    Span(at.file, at.line, at.column, at.line, at.column + 4),
                    inside,
                )
            ]
    return []
