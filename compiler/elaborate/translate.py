"""Repairs: a call as another framework has it, written in the language."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.also import Also, Foreign, argument_meant
from netc.compiler.declare.arguments import AXIS, TRUTHS, ArgumentSpec, LayerType, Optional_, Pad
from netc.compiler.declare.declared import Declared
from netc.compiler.elaborate.advice import Advice, advise, defined
from netc.compiler.elaborate.frame import Frame
from netc.grammar import ast
from netc.grammar.diagnostics import Edit, Fix, Span
from netc.grammar.source import Source

IDLE = frozenset(["name", "inplace", "device", "dtype", "input_shape", "input_dim", "in_channels", "in_features"])
"""Arguments elsewhere that nothing here needs: what they say follows from the flow, or changes no number."""


def repair(frame: Frame, advice: Advice, word: ast.Expression, call: ast.Call | None) -> Fix | None:
    """The edits that follow an advice about a word, which may be called with arguments; None where they are unsure."""
    arguments = call.arguments if call is not None else ()
    whole = call if call is not None else word
    if advice.lacking is not None:
        return _define(frame, advice, whole) if advice.lacking.body and not arguments else None
    if advice.word is None:
        return None
    title = advice.help
    if advice.definition is None or advice.also is None or call is None:
        return Fix(title, (Edit(word.span, advice.word),))
    given = _arguments(frame, advice.definition, advice.also, arguments)
    if given is None:
        return None
    return Fix(title, (Edit(call.span, f"{advice.word}({', '.join(given)})" if given else advice.word),))


def _define(frame: Frame, advice: Advice, whole: ast.Expression) -> Fix | None:
    """Define a block of the missing word in front of where it is used, and write that word."""
    assert advice.lacking is not None
    for item in frame.module.file.items:
        if item.span.line <= whole.span.line <= item.span.end_line and item.span.file == whole.span.file:
            start = Span(item.span.file, item.span.line, item.span.column, item.span.line, item.span.column)
            name = advice.lacking.names[0]
            edits = (Edit(start, f"{defined(advice.lacking)}\n\n"), Edit(whole.span, name))
            return Fix(f"define a block `{name}`", edits)
    return None


def _arguments(
    frame: Frame, definition: type[Declared], also: Also, arguments: tuple[ast.Argument, ...]
) -> list[str] | None:
    """The arguments of a call elsewhere as they are written here; None where one of them has no certain form."""
    listed = list(also.arguments or ())
    places = {foreign.name: foreign for foreign in listed}
    written: list[str] = []
    for number, argument in enumerate(arguments):
        if argument.name is None and also.arguments is None:
            written.append(text(frame, argument.value))
            continue
        if argument.name is None and number >= len(listed):
            return None
        name = argument.name or listed[number].name
        foreign = places.pop(name, Foreign(name, needed=name not in IDLE))
        if not foreign.needed:
            if foreign.default is not None and text(frame, argument.value) != foreign.default:
                return None
            continue
        word = argument_meant(name, list(definition.arguments))
        if word is None and argument.name is None:
            return None
        value = _value(frame, definition.arguments.get(word or ""), argument.value)
        if value is None:
            return None
        value = f"1 - {value}" if foreign.turned else value
        positional = argument.name is None and list(definition.arguments).index(word or "") == len(written)
        written.append(value if positional else f"{word or name}={value}")
    for foreign in places.values():
        if foreign.needed and foreign.default is not None:
            written.append(f"{argument_meant(foreign.name, list(definition.arguments))}={foreign.default}")
    return written


def _value(frame: Frame, spec: ArgumentSpec | None, node: ast.Expression) -> str | None:
    """An argument's value: words without quotes, axes without the batch; None where that is unsure."""
    kind: Any = spec.type if spec is not None else None
    inner = kind.inner if isinstance(kind, Optional_) else kind
    if isinstance(node, ast.String) and isinstance(inner, LayerType):
        return "none" if node.value in ("linear", "none") else advise("layer", node.value).word
    if isinstance(node, ast.String) and isinstance(inner, Pad):
        return {"same": "same", "valid": "0"}.get(node.value.lower())
    if isinstance(node, ast.Name) and node.id.lower() in ("none", *TRUTHS):
        return node.id.lower()
    if inner == AXIS:
        number = text(frame, node)
        if number.startswith("-"):
            return number
        return str(int(number) - 1) if number.isdigit() and int(number) > 0 else None
    return text(frame, node)


def text(frame: Frame, node: ast.Syntax) -> str:
    """What the file has where a piece of syntax stands."""
    return Source(node.span.file, frame.module.file.source).between(node.span)
