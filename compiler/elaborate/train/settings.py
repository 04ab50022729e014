"""Settings of a `train` section: how each form is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from netc.compiler.declare.arguments import ArgumentError, describe
from netc.compiler.declare.declared import Declared
from netc.compiler.elaborate.advice import how_to_list
from netc.compiler.elaborate.arguments import declared_instance
from netc.compiler.elaborate.frame import Frame
from netc.compiler.elaborate.resolve import elsewhere
from netc.compiler.elaborate.train.augmentation import items_of
from netc.compiler.elaborate.train.losses import losses
from netc.compiler.elaborate.train.metrics import metrics
from netc.compiler.elaborate.train.tables import Values, by_pattern, epochs, factors, read_patterns, starts, table
from netc.compiler.elaborate.translate import unknown_word
from netc.compiler.elaborate.values import POISON, kind
from netc.compiler.plan.settings import (
    ByPattern,
    Epochs,
    Factors,
    Form,
    Losses,
    Metrics,
    One,
    Patterns,
    Plain,
    Setting,
    Some,
    Starts,
    Table,
    Text,
)
from netc.grammar import ast

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
    return declared_instance(frame, known[function.id], arguments, node)


def _some(frame: Frame, setting: Setting, node: ast.Expression, _: Values) -> tuple[Declared, ...]:
    assert isinstance(setting.form, Some)
    known, what = setting.form.registry.all(), setting.word
    found = []
    for item in items_of(node):
        function, arguments = (item.function, item.arguments) if isinstance(item, ast.Call) else (item, ())
        word = function.id if isinstance(function, ast.Name) else elsewhere(frame, function)
        if word is None:
            frame.error("E408", f"an {what} is a word", item.span, help=how_to_list(what))
            continue
        if word not in known:
            unknown_word(frame, what, word, function, item if isinstance(item, ast.Call) else None)
            continue
        one = declared_instance(frame, known[word], arguments, item)
        if one is not None:
            found.append(one)
    return tuple(found)


def _losses(frame: Frame, _: Setting, node: ast.Expression, __: Values) -> tuple[Any, ...]:
    return tuple(losses(frame, node))


def _metrics(frame: Frame, _: Setting, node: ast.Expression, values: Values) -> tuple[Any, ...]:
    return tuple(metrics(frame, node, values.get("loss", ())))


def _patterns(frame: Frame, setting: Setting, node: ast.Expression, _: Values) -> tuple[str, ...]:
    assert isinstance(setting.form, Patterns)
    return read_patterns(frame, setting.word, node)


READERS: Mapping[type[Form], Reader] = {
    Plain: _plain, Text: _text, One: _one, Some: _some, Losses: _losses, Metrics: _metrics,
    Patterns: _patterns, ByPattern: by_pattern, Factors: factors, Table: table, Epochs: epochs, Starts: starts,
}  # fmt: skip
"""How each form of a setting is read."""
