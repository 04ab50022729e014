"""`train` sections: from settings to a TrainPlan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from netc.compiler.declare.arguments import ArgumentError, describe
from netc.compiler.declare.declared import Declared
from netc.compiler.elaborate.advice import how_to_list, setting_advice
from netc.compiler.elaborate.arguments import bind_declared
from netc.compiler.elaborate.data_fields import check_fields
from netc.compiler.elaborate.frame import Frame
from netc.compiler.elaborate.later import not_yet
from netc.compiler.elaborate.losses import losses, metrics, unknown_word
from netc.compiler.elaborate.resolve import elsewhere
from netc.compiler.elaborate.scope import Env, Scope
from netc.compiler.elaborate.values import POISON, kind
from netc.compiler.plan.settings import Form, Losses, Metrics, One, Plain, Setting, Some, Text
from netc.compiler.plan.train_plan import SETTINGS, STEP_SETTINGS, StepPlan, TrainPlan
from netc.grammar import ast
from netc.grammar.diagnostics import Edit, Fix, Label

LATER = ("init", "freeze", "unfreeze", "follow", "adapt", "trains")

Values = dict[str, Any]
Reader = Callable[[Frame, Setting, ast.Expression, Values], Any]


def elaborate_train(net: Frame, train: ast.Train) -> TrainPlan | None:
    """The plan of a train section, defaults filled in; None after a mistake, which is reported."""
    errors = net.report.errors
    frame = Frame(net.run, net.module, Env(net.env), Scope(), training=True)
    given = _settings(frame, train)
    if "loss" not in given and not any(isinstance(statement, ast.Step) for statement in train.body.statements):
        frame.error("E402", f"the train section of `{train.net}` has no loss", train.net_span,
                    help="add a line such as `loss = cross_entropy(logits, label)`")  # fmt: skip
    values: Values = {}
    for word, setting in SETTINGS.items():
        if word in given:
            values[word] = READERS[type(setting.form)](frame, setting, given[word], values)
    if "loss" in values and net.report.errors == errors:
        check_fields(frame, [*values["loss"], *values.get("metrics", ())])
    if net.report.errors > errors or not values.get("loss"):
        return None
    fields = {SETTINGS[word].field: value for word, value in values.items() if word not in STEP_SETTINGS}
    of_step = {SETTINGS[word].field: value for word, value in values.items() if word in STEP_SETTINGS}
    plan = TrainPlan(train.label, (StepPlan(**of_step),), **fields, span=train.span)
    misfit = plan.schedule.misfit(plan.epochs)
    if misfit is not None:
        frame.error("E416", misfit[0], given["schedule"].span, help=misfit[1])
        return None
    return plan


def _settings(frame: Frame, train: ast.Train) -> dict[str, ast.Expression]:
    found: dict[str, ast.Expression] = {}
    places: dict[str, ast.Name] = {}
    for statement in train.body.statements:
        if isinstance(statement, ast.Step):
            not_yet(frame, "step", ast.Syntax(statement.span))
            continue
        if not isinstance(statement, ast.Bind) or len(statement.targets) != 1 or statement.shared:
            frame.error("E403", "a train section holds settings", statement.span,
                        help="write layers in the net, and settings as `batch = 32`")  # fmt: skip
            continue
        target = statement.targets[0]
        name = target.id
        if name in LATER:
            not_yet(frame, name, target)
        elif name not in SETTINGS:
            advice = setting_advice(name, {word: setting.also for word, setting in SETTINGS.items()})
            word = advice.word if advice is not None else None
            frame.error(
                "E404",
                f"a train section has no setting `{name}`",
                target.span,
                help=_owner(name) or (advice.help if advice else f"the settings are {', '.join(SETTINGS)}"),
                fix=Fix(f"use `{word}`", (Edit(target.span, word),)) if word and word not in places else None,
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
    """Where an argument of what a setting declares belongs."""
    word = {"learning_rate": "lr"}.get(name, name)
    for setting in SETTINGS.values():
        known = setting.form.registry.all() if isinstance(setting.form, One) else {}
        for owner in sorted(known, key=lambda owner: owner not in USUAL):
            if word in known[owner].arguments:
                return f"give it to the {setting.word}: `{setting.word} = {owner}({word}=…)`"
    return None


USUAL = ("sgd", "cosine")
"""What help shows first where several take an argument."""


def _expression(frame: Frame, bind: ast.Bind) -> ast.Expression | None:
    if isinstance(bind.value, ast.Flow) and len(bind.value.elements) == 1:
        (element,) = bind.value.elements
        if not isinstance(element, ast.Braced):
            return element
    frame.error("E403", "a setting is a value, not a flow", bind.value.span, help="write layers in the net")
    return None


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


READERS: Mapping[type[Form], Reader] = {
    Plain: _plain, Text: _text, One: _one, Some: _some, Losses: _losses, Metrics: _metrics,
}  # fmt: skip
"""How each form of a setting is read."""
