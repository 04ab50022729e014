"""Repairs: a call as another framework has it, written in the language; and words that nothing here has a name for."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.also import NUMBER, Also, Foreign, argument_meant
from netc.compiler.declare.arguments import AXIS, TRUTHS, ArgumentError, ArgumentSpec, Optional_, Word
from netc.compiler.declare.axes import Axes, AxisOrAxes
from netc.compiler.declare.declared import Declared
from netc.compiler.declare.extents import Extent, Pad
from netc.compiler.declare.references import LayerType
from netc.compiler.elaborate.advice import Advice, advise, defined
from netc.compiler.elaborate.frame import Frame
from netc.grammar import ast
from netc.grammar.diagnostics import Edit, Fix, Span

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
        added = [f"{item.name}={item.default}" for item in (advice.also.added if advice.also else ())]
        return Fix(title, (Edit(word.span, f"{advice.word}({', '.join(added)})" if added else advice.word),))
    given = _arguments(frame, advice.definition, advice.also, arguments)
    if given is None and _enough(advice.definition, advice.also, arguments):
        given = [text(frame, argument) for argument in arguments]
    if given is None:
        return None
    return Fix(title, (Edit(call.span, f"{advice.word}({', '.join(given)})" if given else advice.word),))


def _enough(definition: type[Declared], also: Also, arguments: tuple[ast.Argument, ...]) -> bool:
    """Whether arguments are what is needed here and no more, and too few elsewhere: those of this language under
    another name."""
    asked = [foreign for foreign in also.arguments or () if foreign.default is None]
    if also.arguments is not None and len(arguments) >= len(asked):
        return False
    needed = sum(spec.required for spec in definition.arguments.values())
    return 0 < len(arguments) == needed and all(argument.name is None for argument in arguments)


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
    known = list(definition.arguments)
    listed = list(also.arguments or ())
    left = {foreign.name: foreign for foreign in listed}
    written: dict[str, str] = {}
    in_order: list[str] = []
    for number, argument in enumerate(arguments):
        if argument.name is None and also.arguments is None:
            spec = definition.arguments[known[number]] if number < len(known) else None
            in_order.append(_as_written(frame, spec, argument.value))
            continue
        if argument.name is None and number >= len(listed):
            return None
        name = argument.name or listed[number].name
        foreign = left.pop(name, Foreign(name, needed=name not in IDLE))
        if not foreign.needed:
            if foreign.default is not None and not _is(frame, argument.value, foreign.default):
                return None
            continue
        word = foreign.word or argument_meant(name, known)
        value = _value(frame, definition.arguments.get(word or ""), argument.value)
        if value is None or (word is None and argument.name is None):
            return None
        value = _turned(value) if foreign.turned else value
        if argument.name is None and known.index(word or "") == len(in_order):
            in_order.append(value)
        elif value != "false" or word is None or definition.arguments[word].default is not False:
            written[word or name] = value
    for foreign in [*left.values(), *also.added]:
        if foreign.needed and foreign.default is not None:
            value = _turned(foreign.default.lower()) if foreign.turned else foreign.default
            word = foreign.word or argument_meant(foreign.name, known) or foreign.name
            if not _taken(definition.arguments.get(word), value):
                return None
            written[word] = value
    missing = [name for name in known[len(in_order) :] if definition.arguments[name].required and name not in written]
    if missing and listed:
        return None
    return [*in_order, *(f"{name}={value}" for name, value in written.items())]


def _is(frame: Frame, node: ast.Expression, value: str) -> bool:
    """Whether an argument is the value that says nothing new here."""
    return isinstance(node, ast.Number) if value == NUMBER else text(frame, node) in value.split("|")


def _taken(spec: ArgumentSpec | None, default: str) -> bool:
    """Whether what an argument is elsewhere unless given can be written here; a number may be out of range."""
    if spec is None or not default.isdigit():
        return True
    try:
        spec.type.convert(int(default))
    except ArgumentError:
        return False
    return True


def _turned(value: str) -> str:
    """1 minus a number, or the other truth value."""
    return {"true": "false", "false": "true"}.get(value, f"1 - {value}")


def _value(frame: Frame, spec: ArgumentSpec | None, node: ast.Expression) -> str | None:
    """An argument's value: words without quotes, axes without the batch; None where that is unsure."""
    kind: Any = spec.type if spec is not None else None
    inner = kind.inner if isinstance(kind, Optional_) else kind
    if isinstance(node, ast.String) and isinstance(inner, LayerType):
        return "none" if node.value in ("linear", "none") else advise("layer", node.value).word
    if isinstance(node, ast.String) and isinstance(inner, Pad):
        return {"same": "same", "valid": "0"}.get(node.value.lower())
    if isinstance(node, ast.String) and isinstance(inner, Word):
        return node.value.lower() if node.value.lower() in inner.words else None
    if isinstance(node, ast.Name) and node.id.lower() in ("none", *TRUTHS):
        return node.id.lower()
    if inner == AXIS or isinstance(inner, (AxisOrAxes, Axes)):
        number = text(frame, node)
        if number.startswith("-"):
            return number
        return str(int(number) - 1) if number.isdigit() and int(number) > 0 else None
    return _as_written(frame, spec, node)


def _as_written(frame: Frame, spec: ArgumentSpec | None, node: ast.Expression) -> str:
    """What the text has, but for a tuple: that is a list here, or a shape where sizes are wanted."""
    if not isinstance(node, ast.List) or not text(frame, node).startswith("("):
        return text(frame, node)
    items = [text(frame, item) for item in node.items]
    sizes = spec is not None and isinstance(spec.type, Extent) and len(items) > 1
    return "x".join(items) if sizes and all(item.isdigit() for item in items) else f"[{', '.join(items)}]"


def text(frame: Frame, node: ast.Syntax) -> str:
    """What the file has where a piece of syntax stands."""
    return frame.module.source(node.span).between(node.span)


def unknown_word(frame: Frame, kind: str, word: str, node: ast.Expression, call: ast.Call | None = None) -> None:
    """Report a word that is no loss, metric, optimizer or the like, with the way out."""
    advice = advise(kind, word)
    code = "E408" if kind == "augmentation" else "E407"
    frame.error(code, f"no {kind} is called `{word}`", node.span, help=advice.help,
                fix=repair(frame, advice, node, call))  # fmt: skip
