"""Names in blocks and nets that nothing has applied: unknown words are found without arguments to run them with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netc.compiler.elaborate.advice import advise
from netc.compiler.elaborate.expects import CALLS
from netc.compiler.elaborate.module import Module
from netc.compiler.elaborate.report import Report
from netc.compiler.elaborate.resolve import BRACED, argument_words
from netc.compiler.elaborate.static import FUNCTIONS
from netc.compiler.layers.base import layer as layers
from netc.grammar import ast
from netc.grammar.walk import read, walk


def check_names(module: Module, definition: ast.Block | ast.Net, report: Report) -> None:
    """Report words of a definition that can stand for nothing, whatever its arguments are."""
    local = {parameter.name for parameter in definition.parameters} | set(_bound(definition.body))
    suggested = [*local, *module.layer_names(), *module.static_names(), *layers.all()]
    known = {*suggested, *FUNCTIONS, *argument_words(), *module.words, *CALLS, *BRACED, "in", "training"}
    for node in _read(*definition.parameters, definition.body):
        if node.id not in known:
            report.error("E201", f"nothing is called `{node.id}`", node.span, "unknown name",
                         help=advise("layer", node.id, suggested).help)  # fmt: skip


def _bound(body: ast.Body) -> Iterator[str]:
    """Every name that is bound anywhere inside."""
    for node in walk(body):
        match node:
            case ast.Bind() | ast.For():
                yield from (target.id for target in node.targets)
            case ast.InputDeclaration():
                yield node.name
                yield from (name.id for name in _read(node.shape))


def _read(*roots: ast.Syntax | None) -> Iterator[ast.Name]:
    """Every name that is read; targets of binds and keys of tables are not."""
    return (node for node in walk(*roots, inside=_values) if isinstance(node, ast.Name))


def _values(node: ast.Syntax) -> Iterable[ast.Syntax]:
    return [value for _, value in node.entries] if isinstance(node, ast.Table) else read(node)
