"""Names in blocks and nets that nothing has applied: unknown words are found without arguments to run them with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netc.compiler.elaborate.advice import advise
from netc.compiler.elaborate.apply import uses_itself
from netc.compiler.elaborate.arguments import bind
from netc.compiler.elaborate.control import check_alone
from netc.compiler.elaborate.expects import CALLS
from netc.compiler.elaborate.expressions import is_function
from netc.compiler.elaborate.frame import Frame
from netc.compiler.elaborate.module import Module
from netc.compiler.elaborate.report import Report
from netc.compiler.elaborate.resolve import BRACED, argument_words, built_in, layer_named
from netc.compiler.elaborate.scope import Ref
from netc.compiler.elaborate.static import FUNCTIONS
from netc.compiler.elaborate.static_binds import file_frame
from netc.compiler.elaborate.values import POISON
from netc.compiler.initializers.base import initializer
from netc.compiler.layers.base import layer as layers
from netc.grammar import ast
from netc.grammar.walk import children, read, walk


def unapplied(module: Module, tried: set[str]) -> list[ast.Block | ast.Net]:
    """The blocks and nets of a file that nothing applied; `tried` are nets that were elaborated."""
    own = (layer.definition for layer in module.layers.values() if layer.module is module)
    known = module.applied | tried
    return [written for written in own if written is not None and written.name not in known]


def conditional(module: Module) -> list[ast.Block | ast.Net]:
    """The blocks and nets of a file in which a condition picks: what it did not pick is still unread."""
    own = (layer.definition for layer in module.layers.values() if layer.module is module)
    return [one for one in own if one is not None and _chooses(one)]


def _chooses(definition: ast.Block | ast.Net) -> bool:
    return any(isinstance(node, (ast.If, ast.Conditional)) for node in walk(definition.body))


def check_names(module: Module, definition: ast.Block | ast.Net, report: Report) -> None:
    """Report words of a definition that can stand for nothing, and wrong arguments, whatever its own arguments are."""
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
    for node in walk(definition.body, inside=_applied):
        if isinstance(node, (ast.Repeat, ast.For)):
            check_alone(frame, node)
        for element in node.elements if isinstance(node, ast.Flow) else ():
            head = element.head if isinstance(element, ast.Braced) else element
            word = head.function if isinstance(head, ast.Call) else head
            if isinstance(word, ast.Name) and word.id == definition.name and word.id not in local:
                uses_itself(frame, definition, element.span)
        if isinstance(node, ast.Call) and isinstance(node.function, ast.Name) and node.function.id not in local:
            _check_call(frame, node.function.id, node)


def _applied(node: ast.Syntax) -> Iterable[ast.Syntax]:
    """What may apply layers: a condition is computed, and `params` there is no layer."""
    return () if isinstance(node, ast.Expect) else children(node)


def _check_call(frame: Frame, word: str, call: ast.Call) -> None:
    """Look at the arguments of a built-in layer, those left out that a scan's states or flows stand in."""
    layer = built_in(word) if word not in initializer.all() else None
    if layer is None or layer_named(frame, word) is not layer or is_function(frame, word, call) or _of_a_scan(call):
        return
    bind(frame, layer, call.arguments, call)


def _of_a_scan(node: ast.Call) -> bool:
    """Whether a call reads a state or holds a flow, which are known where they run alone."""
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
