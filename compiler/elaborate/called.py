"""Layers that are called on a value, as in Python: `relu(x)`, `conv(8, 3x3)(x)`. Here a value flows in."""

from __future__ import annotations

from netc.compiler.elaborate.frame import Frame
from netc.compiler.elaborate.resolve import in_sight
from netc.compiler.elaborate.translate import text
from netc.compiler.elaborate.values import Several, Tensor
from netc.grammar import ast
from netc.grammar.diagnostics import Edit, Fix


def called_on_value(frame: Frame, word: str, arguments: tuple[ast.Argument, ...], node: ast.Syntax) -> bool:
    """Whether the first argument of a layer is the value that should flow in, which is reported."""
    if not arguments or arguments[0].name is not None or not is_value(frame, arguments[0].value):
        return False
    first, *rest = arguments
    value = text(frame, first.value)
    given = ", ".join(text(frame, argument) for argument in rest)
    help = f"arguments never replace the flow; write `{value} -> {word}{'(…)' if given else ''}`"
    fix = as_flow(frame, value, f"{word}({given})" if given else word, node, help)
    frame.error("E221", f"`{word}` takes its value from the flow, not as an argument", first.span, help=help, fix=fix)
    return True


def is_value(frame: Frame, node: ast.Expression) -> bool:
    """Whether an argument stands for a tensor: one in sight, or a layer that is called on one."""
    match node:
        case ast.Name(id="in"):
            return True
        case ast.Name(id=name):
            ref = in_sight(frame, name)
            return ref is not None and isinstance(ref.value, (Tensor, Several))
        case ast.Flow(elements=(ast.Name() as head, *_)):
            return is_value(frame, head)
        case ast.Call(function=ast.Call(), arguments=(argument,)):
            return is_value(frame, argument.value)
        case ast.Call(arguments=(argument, *_)):
            return argument.name is None and is_value(frame, argument.value)
    return False


def as_flow(frame: Frame, value: str, layer: str, node: ast.Syntax, title: str) -> Fix:
    """The repair that writes a flow for a call, in parentheses where arithmetic or another flow stands around it."""
    source = frame.module.source(node.span)
    before = source.line(node.span.line)[: node.span.column - 1].rstrip()[-1:]
    after = source.line(node.span.end_line)[node.span.end_column - 1 :].lstrip()
    alone = before in ("", "=", "(", "[", ",", "{", ";") and (after[:1] in ("", ")", "]", ",", "}", ";", "#") or
                                                              after.startswith("->"))  # fmt: skip
    flow = f"{value} -> {layer}"
    return Fix(title, (Edit(node.span, flow if alone else f"({flow})"),))
