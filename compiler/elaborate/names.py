"""Names in blocks and nets that nothing has applied: unknown words are found without arguments to run them with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netc.compiler.elaborate.advice import advise
from netc.compiler.elaborate.apply import uses_itself
from netc.compiler.elaborate.arguments import bind
from netc.compiler.elaborate.expects import CALLS
from netc.compiler.elaborate.module import Module
from netc.compiler.elaborate.report import Report
from netc.compiler.elaborate.resolve import BRACED, argument_words, built_in
from netc.compiler.elaborate.scope import Ref
from netc.compiler.elaborate.static import FUNCTIONS
from netc.compiler.elaborate.static_binds import file_frame
from netc.compiler.elaborate.values import POISON
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
    _check_calls(module, definition, local)


def _check_calls(module: Module, definition: ast.Block | ast.Net, local: set[str]) -> None:
    """Report arguments that no layer takes, and a definition that applies itself, where no value is known."""
    frame = file_frame(module)
    frame.input = frame.flow = POISON
    for name in local:
        frame.env.names[name] = Ref(POISON, definition.name_span)
    functions = {id(node.function) for node in walk(definition.body) if isinstance(node, ast.Call)}
    for node in walk(definition.body):
        word = node.function if isinstance(node, ast.Call) else node
        if not isinstance(word, ast.Name) or word.id in local or id(node) in functions:
            continue
        if word.id == definition.name:
            uses_itself(frame, definition, node.span)
        elif isinstance(node, ast.Call) and module.layer(word.id) is None and not _of_a_scan(node):
            layer = built_in(word.id)
            if layer is not None and module.static(word.id) is None:
                bind(frame, layer, node.arguments, node)


def _of_a_scan(node: ast.Call) -> bool:
    """Whether a call reads a state, which is known in its scan alone."""
    return any(isinstance(part, (ast.Prev, ast.Braced, ast.Flow)) for part in walk(*node.arguments))


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
