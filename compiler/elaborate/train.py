"""`train` sections: from settings to a TrainPlan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netc.compiler.augmentations.base import Augmentation
from netc.compiler.augmentations.base import augmentation as augmentations
from netc.compiler.declare.arguments import (
    SIZE,
    ArgumentError,
    ArgumentType,
    Integer,
    Optional_,
    Real,
    describe,
)
from netc.compiler.declare.declared import Declared
from netc.compiler.elaborate.arguments import bind_declared
from netc.compiler.elaborate.data_fields import check_fields
from netc.compiler.elaborate.foreign import did_you_mean_here
from netc.compiler.elaborate.frame import Frame
from netc.compiler.elaborate.losses import losses, metrics
from netc.compiler.elaborate.resolve import not_yet
from netc.compiler.elaborate.scope import Env, Scope
from netc.compiler.elaborate.values import POISON, kind
from netc.compiler.net import TrainPlan
from netc.compiler.optimizers.base import optimizer as optimizers
from netc.compiler.schedules.base import schedule as schedules
from netc.grammar import ast
from netc.grammar.diagnostics import Label

NUMBERS: dict[str, ArgumentType] = {
    "batch": SIZE,
    "epochs": Integer(1),
    "clip_norm": Optional_(Real(0, open_low=True)),
}
SETTINGS = ("loss", "optimizer", "schedule", "metrics", "batch", "epochs", "augmentation", "clip_norm", "data")
LATER = ("init", "freeze", "unfreeze", "follow", "adapt", "trains")


def elaborate_train(net: Frame, train: ast.Train) -> TrainPlan | None:
    """The plan of a train section, defaults filled in; None after a mistake, which is reported."""
    errors = net.report.errors
    frame = Frame(net.run, net.module, Env(net.env), Scope(), training=True)
    settings = _settings(frame, train)
    values: dict[str, Any] = {"label": train.label, "span": train.span}
    for name, type in NUMBERS.items():
        if name in settings:
            values[name] = _number(frame, name, type, settings[name])
    if "data" in settings:
        values["data"] = _data(frame, settings["data"])
    if "augmentation" in settings:
        values["augmentation"] = _augmentation(frame, settings["augmentation"])
    values["optimizer"] = optimizers.all()["sgd"](lr=0.01)
    values["schedule"] = schedules.all()["constant"]()
    for name, known in (("optimizer", optimizers.all()), ("schedule", schedules.all())):
        if name in settings:
            values[name] = _declared(frame, settings[name], known, name)
    if "loss" not in settings:
        if not any(isinstance(statement, ast.Step) for statement in train.body.statements):
            frame.error("E402", f"the train section of `{train.net}` has no loss", train.net_span,
                        help="add a line such as `loss = cross_entropy(logits, label)`")  # fmt: skip
        return None
    terms, is_table = losses(frame, settings["loss"])
    values["metrics"] = tuple(metrics(frame, settings["metrics"], terms)) if "metrics" in settings else ()
    if net.report.errors == errors:
        check_fields(frame, [*terms, *values["metrics"]])
    if net.report.errors > errors or not terms:
        return None
    return TrainPlan(losses=tuple(terms), loss_is_table=is_table, **values)


def _settings(frame: Frame, train: ast.Train) -> dict[str, ast.Expression]:
    found: dict[str, ast.Expression] = {}
    places: dict[str, ast.Name] = {}
    for statement in train.body.statements:
        if isinstance(statement, ast.Step):
            not_yet(frame, "`step`", ast.Syntax(statement.span))
            continue
        if not isinstance(statement, ast.Bind) or len(statement.targets) != 1 or statement.shared:
            frame.error("E403", "a train section holds settings", statement.span,
                        help="write layers in the net, and settings as `batch = 32`")  # fmt: skip
            continue
        target = statement.targets[0]
        name = target.id
        if name in LATER:
            not_yet(frame, f"`{name}`", target)
        elif name not in SETTINGS:
            frame.error(
                "E404",
                f"a train section has no setting `{name}`",
                target.span,
                help=_owner(name) or did_you_mean_here(name, SETTINGS) or f"the settings are {', '.join(SETTINGS)}",
            )
        elif name in places:
            frame.error("E405", f"`{name}` is set twice", target.span,
                        secondary=[Label(places[name].span, "first set here")], help="remove one of them")  # fmt: skip
        else:
            places[name] = target
            expression = _expression(frame, statement)
            if expression is not None:
                found[name] = expression
    return found


def _owner(name: str) -> str | None:
    """Where an optimizer's or a schedule's argument belongs."""
    word = {"learning_rate": "lr"}.get(name, name)
    for setting, example, known in (
        ("optimizer", ("sgd", "adam"), optimizers.all()),
        ("schedule", ("cosine", "step"), schedules.all()),
    ):
        for owner in example:
            if word in known[owner].arguments:
                return f"give it to the {setting}: `{setting} = {owner}({word}=…)`"
    return None


def _expression(frame: Frame, bind: ast.Bind) -> ast.Expression | None:
    if isinstance(bind.value, ast.Flow) and len(bind.value.elements) == 1:
        (element,) = bind.value.elements
        if not isinstance(element, ast.Braced):
            return element
    frame.error("E403", "a setting is a value, not a flow", bind.value.span, help="write layers in the net")
    return None


def _number(frame: Frame, name: str, type: ArgumentType, node: ast.Expression) -> Any:
    value = frame.evaluate(node)
    if value is POISON:
        return None
    try:
        return type.convert(value)
    except ArgumentError as error:
        plain = value is None or isinstance(value, (int, float, str))
        found = describe(value) if plain else kind(value)
        frame.error("E406", f"`{name}` is {error.expected}, found {found}", node.span, help=error.help)
        return None


def _data(frame: Frame, node: ast.Expression) -> str | None:
    if isinstance(node, ast.String):
        return node.value
    frame.error("E406", "`data` is a string", node.span, help='write `data = "digits"`, or a path')
    return None


def _declared(frame: Frame, node: ast.Expression, known: Mapping[str, type[Declared]], what: str) -> Any:
    """An optimizer or a schedule from its call."""
    function, arguments = (node.function, node.arguments) if isinstance(node, ast.Call) else (node, ())
    if not isinstance(function, ast.Name):
        frame.error(
            "E406",
            f"`{what}` names one of {', '.join(known)}",
            node.span,
            help=f"write `{what} = {next(iter(known))}(…)`",
        )
        return None
    definition = known.get(function.id)
    if definition is None:
        frame.error("E407", f"no {what} is called `{function.id}`", function.span,
                    help=did_you_mean_here(function.id, known) or f"there are {', '.join(known)}")  # fmt: skip
        return None
    bound = bind_declared(frame, definition, f"`{function.id}`", arguments, node.span)
    if bound is None:
        return None
    made = definition(**bound.values)
    conflict = made.conflict()
    if conflict is not None:
        name, message, help = conflict
        frame.error("E224", message, bound.spans.get(name, node.span), help=help)
    return made


def _augmentation(frame: Frame, node: ast.Expression) -> tuple[Augmentation, ...]:
    items = node.items if isinstance(node, ast.List) else (node,)
    found = []
    for item in items:
        function, arguments = (item.function, item.arguments) if isinstance(item, ast.Call) else (item, ())
        word = function.id if isinstance(function, ast.Name) else ""
        definition = augmentations.all().get(word)
        if definition is None:
            frame.error(
                "E408",
                f"no augmentation is called `{word}`" if word else "an augmentation is a word",
                item.span,
                help=did_you_mean_here(word, augmentations.all()) or f"there are {', '.join(augmentations.all())}",
            )
            continue
        bound = bind_declared(frame, definition, f"`{word}`", arguments, item.span)
        if bound is not None:
            found.append(definition(**bound.values))
    return tuple(found)
