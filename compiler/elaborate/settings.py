"""Settings of a `train` section: how each form is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from netc.compiler.declare.arguments import ArgumentError, describe
from netc.compiler.declare.declared import Declared
from netc.compiler.elaborate.advice import how_to_list
from netc.compiler.elaborate.arguments import bind_declared
from netc.compiler.elaborate.frame import Frame
from netc.compiler.elaborate.losses import losses, metrics, unknown_word
from netc.compiler.elaborate.resolve import elsewhere
from netc.compiler.elaborate.values import POISON, kind
from netc.compiler.plan.settings import Factors, Form, Losses, Metrics, One, Patterns, Plain, Setting, Some, Table, Text
from netc.grammar import ast

Values = dict[str, Any]
Reader = Callable[[Frame, Setting, ast.Expression, Values], Any]


def read_settings(
    frame: Frame, declared: Mapping[str, Setting], given: Mapping[str, ast.Expression], values: Values
) -> Values:
    """The values of the settings that a section gives, each as its form wants it, in the order of declaration.

    values  those of the section around it: metrics take the prediction and target of the first loss
    """
    found = dict(values)
    for word, setting in declared.items():
        if word in given:
            found[word] = READERS[type(setting.form)](frame, setting, given[word], found)
    return found


def _plain(frame: Frame, setting: Setting, node: ast.Expression, _: Values) -> Any:
    assert isinstance(setting.form, Plain)
    value = frame.evaluate(node)
    if value is POISON:
        return None
    try:
        return setting.form.type.convert(value)
    except ArgumentError as error:
        plain = value is None or isinstance(value, (int, float, str))
        found = describe(value) if plain else kind(value)
        frame.error("E406", f"`{setting.word}` is {error.expected}, found {found}", node.span, help=error.help)
        return None


def _text(frame: Frame, setting: Setting, node: ast.Expression, _: Values) -> str | None:
    assert isinstance(setting.form, Text)
    if isinstance(node, ast.String):
        return node.value
    frame.error("E406", f"`{setting.word}` is a string", node.span, help=setting.form.advice)
    return None


def _one(frame: Frame, setting: Setting, node: ast.Expression, _: Values) -> Declared | None:
    assert isinstance(setting.form, One)
    known, what = setting.form.registry.all(), setting.word
    function, arguments = (node.function, node.arguments) if isinstance(node, ast.Call) else (node, ())
    path = elsewhere(frame, function)
    if path is not None:
        unknown_word(frame, what, path, function, node if isinstance(node, ast.Call) else None)
        return None
    if not isinstance(function, ast.Name):
        help = f"write `{what} = {next(iter(known))}(…)`"
        frame.error("E406", f"`{what}` names one of {', '.join(known)}", node.span, help=help)
        return None
    if function.id not in known:
        unknown_word(frame, what, function.id, function, node if isinstance(node, ast.Call) else None)
        return None
    return _made(frame, known[function.id], arguments, node)


def _some(frame: Frame, setting: Setting, node: ast.Expression, _: Values) -> tuple[Declared, ...]:
    assert isinstance(setting.form, Some)
    known, what = setting.form.registry.all(), setting.word
    found = []
    for item in node.items if isinstance(node, ast.List) else (node,):
        function, arguments = (item.function, item.arguments) if isinstance(item, ast.Call) else (item, ())
        word = function.id if isinstance(function, ast.Name) else elsewhere(frame, function)
        if word is None:
            frame.error("E408", f"an {what} is a word", item.span, help=how_to_list(what))
            continue
        if word not in known:
            unknown_word(frame, what, word, function, item if isinstance(item, ast.Call) else None)
            continue
        made = _made(frame, known[word], arguments, item)
        if made is not None:
            found.append(made)
    return tuple(found)


def _made(
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


def _losses(frame: Frame, _: Setting, node: ast.Expression, __: Values) -> tuple[Any, ...]:
    return tuple(losses(frame, node))


def _metrics(frame: Frame, _: Setting, node: ast.Expression, values: Values) -> tuple[Any, ...]:
    return tuple(metrics(frame, node, values.get("loss", ())))


def _patterns(frame: Frame, setting: Setting, node: ast.Expression, _: Values) -> tuple[str, ...]:
    assert isinstance(setting.form, Patterns)
    found = []
    for item in node.items if isinstance(node, ast.List) else (node,):
        name = _path(item)
        if name is None:
            example = f'`{setting.word} = ["stem", "stage1.*"]`'
            frame.error("E406", f"`{setting.word}` is a list of names", item.span, help=f"write {example}")
        else:
            found.append(name)
    return tuple(found)


def _path(node: ast.Expression) -> str | None:
    """A string, or a dotted name as it stands."""
    match node:
        case ast.String():
            return node.value
        case ast.Name():
            return node.id
        case ast.Attribute():
            inner = _path(node.value)
            return None if inner is None else f"{inner}.{node.name}"
    return None


def _entries(
    frame: Frame, setting: Setting, node: ast.Expression, example: str
) -> list[tuple[str, ast.Syntax, ast.Expression]]:
    """The entries of a table by name, each name once."""
    found: dict[str, tuple[str, ast.Syntax, ast.Expression]] = {}
    help = f"write `{setting.word} = {example}`"
    if not isinstance(node, ast.Table):
        frame.error("E406", f"`{setting.word}` is a table", node.span, help=help)
        return []
    for key, value in node.entries:
        name = _path(key)
        if name is None:
            frame.error("E406", f"`{setting.word}` is a table from names", key.span, help=help)
        elif name in found:
            frame.error("E405", f"`{name}` stands in `{setting.word}` twice", key.span, help="remove one of them")
        else:
            found[name] = (name, key, value)
    return list(found.values())


def _factors(frame: Frame, setting: Setting, node: ast.Expression, _: Values) -> tuple[tuple[str, float], ...]:
    assert isinstance(setting.form, Factors)
    found = []
    for name, _key, item in _entries(frame, setting, node, '["cnn": 0.1]'):
        value = frame.evaluate(item)
        if value is POISON:
            continue
        try:
            found.append((name, setting.form.type.convert(value)))
        except ArgumentError as error:
            message = f"`{setting.word}` of `{name}` is {error.expected}, found {error.found}"
            frame.error("E406", message, item.span, help=error.help)
    return tuple(found)


def _table(frame: Frame, setting: Setting, node: ast.Expression, _: Values) -> tuple[tuple[str, Declared], ...]:
    assert isinstance(setting.form, Table)
    known = setting.form.registry.all()
    found = []
    for name, _key, item in _entries(frame, setting, node, f'["target": {next(iter(known))}("online")]'):
        function, arguments = (item.function, item.arguments) if isinstance(item, ast.Call) else (item, ())
        word = function.id if isinstance(function, ast.Name) else elsewhere(frame, function)
        what = setting.form.registry.kind
        if word is None:
            frame.error("E407", f"a {what} is a word", item.span, help=how_to_list(what))
            continue
        if word not in known:
            unknown_word(frame, what, word, function, item if isinstance(item, ast.Call) else None)
            continue
        made = _made(frame, known[word], arguments, item)
        if made is not None:
            found.append((name, made))
    return tuple(found)


READERS: Mapping[type[Form], Reader] = {
    Plain: _plain, Text: _text, One: _one, Some: _some, Losses: _losses, Metrics: _metrics,
    Patterns: _patterns, Factors: _factors, Table: _table,
}  # fmt: skip
"""How each form of a setting is read."""
