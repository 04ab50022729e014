"""Names in blocks and nets that nothing has applied: unknown words are found without arguments to run them with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from netc.compiler.elaborate.expects import CALLS
from netc.compiler.elaborate.foreign import did_you_mean_here
from netc.compiler.elaborate.module import Module
from netc.compiler.elaborate.report import Report
from netc.compiler.elaborate.resolve import LATER, argument_words
from netc.compiler.elaborate.static import FUNCTIONS
from netc.compiler.layers.base import layer as layers
from netc.grammar import ast


def check_names(module: Module, definition: ast.Block | ast.Net, report: Report) -> None:
    """Report words of a definition that can stand for nothing, whatever its arguments are."""
    local = {parameter.name for parameter in definition.parameters} | set(_bound(definition.body))
    suggested = [*local, *module.layers, *module.static_names(), *layers.all()]
    known = {*suggested, *FUNCTIONS, *argument_words(), *module.words, *CALLS, *LATER, "in", "training"}
    for node in _read((definition.parameters, definition.body)):
        if node.id not in known:
            report.error("E201", f"nothing is called `{node.id}`", node.span, "unknown name",
                         help=did_you_mean_here(node.id, suggested))  # fmt: skip


def _bound(node: Any) -> Iterator[str]:
    """Every name that is bound anywhere inside."""
    if isinstance(node, (ast.Bind, ast.For)):
        yield from (target.id for target in node.targets)
    elif isinstance(node, ast.Input):
        for declaration in node.inputs:
            yield declaration.name
            yield from (name.id for name in _read(declaration.shape))
    for child in _children(node):
        yield from _bound(child)


def _read(node: Any) -> Iterator[ast.Name]:
    """Every name that is read; targets of binds and keys of tables are not."""
    if isinstance(node, ast.Name):
        yield node
    elif isinstance(node, ast.Table):
        yield from _read(tuple(value for _, value in node.entries))
    elif isinstance(node, ast.Bind):
        yield from _read(node.value)
    elif isinstance(node, ast.For):
        yield from _read((node.iterable, node.body))
    else:
        for child in _children(node):
            yield from _read(child)


def _children(node: Any) -> Iterator[Any]:
    if isinstance(node, tuple):
        yield from node
    elif isinstance(node, ast.Syntax):
        for field in fields(node):
            yield getattr(node, field.name)
