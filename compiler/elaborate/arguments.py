"""Binding a call's arguments, each converted by the type that its parameter declares."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from netc.compiler.declare.arguments import ArgumentError, ArgumentType, Optional_
from netc.compiler.declare.declared import Declared
from netc.compiler.declare.references import DeclaredType, LayerType, NumbersOrTensor, TensorType
from netc.compiler.elaborate.advice import advise, argument_advice
from netc.compiler.elaborate.called import as_flow, called_on_value, is_value
from netc.compiler.elaborate.frame import Frame
from netc.compiler.elaborate.initial_values import initializer_expected, is_either
from netc.compiler.elaborate.layer_values import Bound, BuiltIn, LayerValue
from netc.compiler.elaborate.module import Module, Written
from netc.compiler.elaborate.parameters import parameter_of, places_of, report_missing
from netc.compiler.elaborate.resolve import elsewhere, in_sight, layer_named, layer_or_error, value_of
from netc.compiler.elaborate.translate import repair, text
from netc.compiler.elaborate.values import POISON, Several, Tensor, kind, spread
from netc.compiler.elaborate.wrong_values import Other, exchanged, way_out
from netc.grammar import ast
from netc.grammar.diagnostics import Edit, Fix, Span

WITH_A_NUMBER = {
    "add": "{{ in + {} }}", "sub": "{{ in - {} }}", "mul": "{{ in * {} }}", "div": "{{ in / {} }}",
    "maximum": "clip(min={})", "minimum": "clip(max={})",
}  # fmt: skip
"""What is written in the place of a merge with a number, by the merge's word."""


def bind(frame: Frame, layer: LayerValue, arguments: tuple[ast.Argument, ...], node: ast.Syntax) -> Bound | None:
    """The arguments of a layer, or None after a mistake, which is reported."""
    if layer.bound is not None or not isinstance(layer, (BuiltIn, Written)):
        help, fix = "leave the arguments out here", None
        if isinstance(node, ast.Call) and len(arguments) == 1 and is_value(frame, arguments[0].value):
            value = text(frame, arguments[0].value)
            help = f"a value flows in by an arrow: `{value} -> {layer.word}(…)`"
            fix = as_flow(frame, value, text(frame, node.function), node, help)
        frame.error("E225", f"`{layer.word}` has its arguments already", node.span, help=help, fix=fix)
        return None
    if isinstance(layer, Written):
        return _bind_written(frame, layer, arguments, node.span)
    merges = layer.definition.inputs[1] > 1
    if not merges and called_on_value(frame, layer.word, arguments, node):
        return None
    return bind_declared(frame, layer.definition, f"`{layer.word}`", arguments, node.span, merges=merges)


def bind_declared(
    frame: Frame,
    definition: type[Declared],
    owner: str,
    arguments: tuple[ast.Argument, ...],
    span: Span,
    *,
    merges: bool = False,
) -> Bound | None:
    """The arguments of a layer, loss, optimizer, schedule or metric. In a merge positional ones are tensors.

    Those that a merge declares as `leading` go by their places in front of its tensors.
    """
    specs = definition.arguments
    values: dict[str, Any] = {}
    spans: dict[str, Span] = {}
    tensors: list[Any] = []
    positional, required = places_of(definition, merges)
    places, good = len(positional), True
    beside = ("mask",) if getattr(definition, "maskable", False) else ()
    for argument in arguments:
        if argument.name is None and merges and not positional:
            tensors.append(as_tensor(frame, argument.value, owner))
            continue
        more = definition.open_arguments
        known = specs if more is None or argument.name is None else {**specs, argument.name: None}
        name = parameter_of(frame, argument, positional, known, spans, owner, places, beside)
        if name is None:
            if not isinstance(argument.value, ast.Name):
                _look_into(frame, definition, argument, owner)
            good = False
            continue
        spans[name] = argument.span
        kind = specs[name].type if name in specs else more
        assert kind is not None
        mixed_up = argument.name is None and not merges
        others = partial(_others, definition, arguments, argument) if mixed_up else None
        value = convert(frame, kind, argument.value, f"`{name}` of {owner}", others)
        good = good and value is not POISON
        values[name] = value
    missing = [name for name in required if name not in spans]
    if good and missing:
        report_missing(frame, owner, missing, span)
        return None
    return Bound(values, tuple(tensors), spans) if good else None


def _look_into(frame: Frame, definition: type[Declared], argument: ast.Argument, owner: str) -> None:
    """Report what is wrong inside of an argument that nothing is called like: in a call, as the one that was meant."""
    if not isinstance(argument.value, ast.Call):
        frame.evaluate(argument.value)
        return
    meant = argument_advice(argument.name, owner, list(definition.arguments)).word if argument.name else None
    if meant is not None:
        convert(frame, definition.arguments[meant].type, argument.value, f"`{meant}` of {owner}")


def _others(
    definition: type[Declared], arguments: tuple[ast.Argument, ...], given: ast.Argument
) -> list[tuple[ArgumentType, ast.Expression]]:
    """The types and values of a call's other arguments that are given by their places."""
    places = [spec.type for spec in definition.arguments.values() if not spec.by_name]
    by_place = [argument for argument in arguments if argument.name is None]
    return [(type, one.value) for type, one in zip(places, by_place, strict=False) if one is not given]


def _bind_written(frame: Frame, layer: Written, arguments: tuple[ast.Argument, ...], span: Span) -> Bound | None:
    assert layer.definition is not None
    parameters = [parameter.name for parameter in layer.definition.parameters]
    values: dict[str, Any] = {}
    spans: dict[str, Span] = {}
    positional = list(parameters)
    good = True
    for argument in arguments:
        name = parameter_of(frame, argument, positional, parameters, spans, f"`{layer.word}`", len(parameters))
        if name is None:
            good = False
            continue
        spans[name] = argument.span
        values[name] = handed(frame, layer.module, layer.definition, name, argument.value)
        good = good and values[name] is not POISON
    missing = [p.name for p in layer.definition.parameters if p.default is None and p.name not in spans]
    if good and missing:
        report_missing(frame, f"`{layer.word}`", missing, span)
        return None
    return Bound(values, (), spans) if good else None


def handed(
    frame: Frame, module: Module | None, definition: ast.Block | ast.Net, name: str, node: ast.Expression
) -> Any:
    """What is given for a parameter of a block or net of a module: by a call, or in the block's head."""
    if module is not None and is_either(node):
        expected = initializer_expected(module, definition.body, name)
        if expected is not None:
            return convert(frame, expected, node, f"`{name}` of `{definition.name}`")
    return frame.operand(node)


def as_tensor(frame: Frame, node: ast.Expression, owner: str) -> Any:
    """A tensor or a list of them given as an argument, else POISON."""
    value = frame.operand(node)
    if value is POISON:
        return POISON
    for item in spread(value):
        if not isinstance(item, Tensor):
            help = "give a value that flows, by its name"
            if isinstance(item, LayerValue):
                help = "start from a value, as in `skip -> conv(64, 1x1)`"
            if isinstance(item, int | float) and not isinstance(item, bool):
                help = _with_a_number(owner, item) or help
            frame.error("E224", f"{owner} merges tensors, found {kind(item)}", node.span, help=help)
            return POISON
    return value


def _with_a_number(owner: str, number: float) -> str | None:
    """What to write in a chain in place of a merge with a number."""
    instead = WITH_A_NUMBER.get(owner.strip("`"))
    return None if instead is None else f"with a number, write `{instead.format(number)}`"


def convert(
    frame: Frame, type: ArgumentType, node: ast.Expression, what: str,
    others: Callable[[], Sequence[tuple[ArgumentType, ast.Expression]]] | None = None,
) -> Any:  # fmt: skip
    """An argument's value as its type wants it, or POISON after a mistake, which is reported.

    others  the call's other arguments given by their places, with which this one may have been mixed up
    """
    inner = type.inner if isinstance(type, Optional_) else type
    optional = isinstance(type, Optional_)
    if isinstance(inner, LayerType):
        return _layer(frame, node, what, optional)
    if isinstance(inner, DeclaredType) and (made := _declared(frame, inner, node)) is not None:
        return made
    if isinstance(node, ast.Name):
        value = value_of(frame, node, type.words, type)
    else:
        value = frame.evaluate(node, type.words)
    if value is POISON:
        return POISON
    if isinstance(inner, NumbersOrTensor) and isinstance(value, (Tensor, Several)):
        inner = inner.tensor
    if isinstance(inner, TensorType):
        value = frame.as_operand(value, node.span)
        if isinstance(value, Tensor):
            return value.value
        if value is None and optional:
            return None
        return _refused(frame, node, what, type.name, kind(value), "give a value that flows, by its name")
    if isinstance(value, (Tensor, Several, LayerValue, dict)):
        help = "apply layers in a flow, not in arguments" if isinstance(value, LayerValue) else None
        if isinstance(value, Tensor) and isinstance(node, ast.Name):
            help = f"arguments never replace the flow; write `{node.id} -> ...` in front of the layer"
        return _refused(frame, node, what, type.name, kind(value), help)
    try:
        return type.convert(value)
    except ArgumentError as error:
        known: list[Other] = [
            (kind, other, frame.evaluate(other, kind.words)) for kind, other in (others() if others else ())
        ]
        help, fix = exchanged(type, node, value, known, partial(text, frame)) or way_out(
            type, node, value, text(frame, node), error.help
        )
        return _refused(frame, node, what, error.expected, error.found, help, fix)


def _declared(frame: Frame, type: DeclaredType, node: ast.Expression) -> Any:
    """What a call of a declared word makes, POISON after a mistake; None for what is no word of the kind."""
    made = None
    if isinstance(node, ast.Call) and isinstance(node.function, ast.Name):
        made = declared_call(frame, type.known(), node)
    return POISON if made is None and _is_of_elsewhere(frame, type, node) else made


def _is_of_elsewhere(frame: Frame, type: DeclaredType, node: ast.Expression) -> bool:
    """Whether what stands for something declared is the word of another framework, which is reported."""
    call = node if isinstance(node, ast.Call) else None
    word = node.function if isinstance(node, ast.Call) else node
    path = word.id if isinstance(word, ast.Name) else elsewhere(frame, word)
    if path is None or path in type.known() or (isinstance(word, ast.Name) and in_sight(frame, path) is not None):
        return False
    advice = advise(type.kind, path)
    if advice.definition is None and advice.lacking is None:
        return False
    frame.error("E407", f"no {type.kind} is called `{path}`", word.span, help=advice.help,
                fix=repair(frame, advice, word, call))  # fmt: skip
    return True


def declared_call(frame: Frame, known: Mapping[str, type[Declared]], node: ast.Call) -> Any:
    """`normal(0.01)` where `known` has the word: an instance, POISON after a mistake; None for another word."""
    word = node.function.id if isinstance(node.function, ast.Name) else ""
    if word not in known:
        return None
    made = declared_instance(frame, known[word], node.arguments, node)
    return POISON if made is None else made


def declared_instance(
    frame: Frame, definition: type[Declared], arguments: tuple[ast.Argument, ...], node: ast.Expression
) -> Declared | None:
    """Something declared, from its call; arguments that exclude each other are reported."""
    bound = bind_declared(frame, definition, f"`{definition.word}`", arguments, node.span)
    if bound is None:
        return None
    made = definition(**bound.values)
    conflict = made.conflict()
    if conflict is not None:
        name, message, help = conflict
        frame.error("E224", message, bound.spans.get(name, node.span), help=help)
    return made


def _layer(frame: Frame, node: ast.Expression, what: str, optional: bool) -> Any:
    if isinstance(node, ast.Name) and node.id == "linear" and in_sight(frame, node.id) is None:
        fix = Fix("write `identity`", (Edit(node.span, "identity"),))
        return _refused(frame, node, what, LayerType.name, "`linear`", "leave it out, or write `identity`", fix)
    if isinstance(node, ast.Name) and node.id != "in":
        value = layer_or_error(frame, node)
    else:
        value = frame.evaluate(node)
    if value is POISON or isinstance(value, LayerValue) or (value is None and optional):
        return value
    if isinstance(value, str) and layer_named(frame, value) is not None:
        help = f"write `{value}` without quotes"
        fix = Fix(help, (Edit(node.span, value),))
        return _refused(frame, node, what, LayerType.name, kind(value), help, fix)
    return _refused(frame, node, what, LayerType.name, kind(value), "give a layer such as `relu`")


def _refused(
    frame: Frame, node: ast.Expression, what: str, expected: str, found: str, help: str | None, fix: Fix | None = None
) -> Any:
    message, help = f"{what} is {expected}, found {found}", help or f"give {expected}"
    frame.error("E224", message, node.span, f"expected {expected}", help=help, fix=fix)
    return POISON
