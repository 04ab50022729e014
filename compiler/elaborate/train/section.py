"""`train` sections: from settings and steps to a TrainPlan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netc.compiler.elaborate.advice import setting_advice
from netc.compiler.elaborate.frame import Frame
from netc.compiler.elaborate.scope import Env, Scope
from netc.compiler.elaborate.train.augmentation import check_answers, check_augmentation
from netc.compiler.elaborate.train.data_fields import check_fields
from netc.compiler.elaborate.train.plan_checks import check_fit, check_patterns
from netc.compiler.elaborate.train.settings import read_settings
from netc.compiler.elaborate.train.tables import start_by_pattern
from netc.compiler.plan.settings import One, Setting
from netc.compiler.plan.train_plan import SETTINGS, STEP_SETTINGS, StepPlan, TrainPlan
from netc.grammar import ast
from netc.grammar.diagnostics import Edit, Fix, Label

ALONE = ("trains", "every")
"""Settings of one step among several."""

Given = dict[str, ast.Expression]


def elaborate_train(net: Frame, train: ast.Train) -> TrainPlan | None:
    """The plan of a train section, defaults filled in; None after a mistake, which is reported."""
    errors = net.report.errors
    frame = Frame(net.run, net.module, Env(net.env), Scope(), training=True)
    given = _settings(frame, train.body, SETTINGS)
    sections = _step_sections(frame, train, given)
    of_plan = {word: setting for word, setting in SETTINGS.items() if word not in STEP_SETTINGS}
    common = read_settings(frame, STEP_SETTINGS, given, {})
    steps: list[tuple[str | None, Given, dict[str, Any]]] = [(None, given, common)]
    if sections:
        steps = []
        for section in sections:
            own = _settings(frame, section.body, STEP_SETTINGS)
            _need_loss(frame, own, section, f"the step `{section.name}`")
            steps.append((section.name, own, read_settings(frame, STEP_SETTINGS, own, common)))
    losses = tuple(term for _, _, values in steps for term in values.get("loss", ()))
    shared = read_settings(frame, of_plan, given, {"loss": losses})
    if "augmentation" in shared and net.report.errors == errors:
        check_augmentation(frame, given["augmentation"], shared["augmentation"])
        if net.report.errors == errors:
            terms = [*losses, *shared.get("metrics", ())]
            check_answers(frame, given["augmentation"], shared["augmentation"], terms)
    if losses and net.report.errors == errors:
        check_fields(frame, [*losses, *shared.get("metrics", ())])
    if net.report.errors > errors or not losses:
        return None
    fields = {of_plan[word].field: shared[word] for word in of_plan if word in shared}
    plans = tuple(
        StepPlan(**{STEP_SETTINGS[word].field: value for word, value in values.items()}, name=name)
        for name, _, values in steps
    )
    plan = TrainPlan(train.label, plans, **fields, span=train.span)
    check_fit(frame, plan, {**given, **{word: node for _, own, _ in steps for word, node in own.items()}})
    if frame.run.incomplete:
        return None
    check_patterns(frame, plan, [{**given, **own} for _, own, _ in steps])
    start_by_pattern(frame, plan, given.get("initializers"))
    return plan if net.report.errors == errors else None


def _step_sections(frame: Frame, train: ast.Train, given: Given) -> list[ast.Step]:
    """The `step` sections; without any, the section's own loss is the only step's."""
    found: dict[str, ast.Step] = {}
    for statement in train.body.statements:
        if isinstance(statement, ast.Step):
            known = found.setdefault(statement.name, statement)
            if known is not statement:
                frame.error("E405", f"two steps are called `{statement.name}`", statement.span,
                            secondary=[Label(known.span, "first here")], help="give each its own name")  # fmt: skip
    if not found:
        _need_loss(frame, given, train, f"the train section of `{train.net}`")
        if "every" in given:
            frame.error("E406", "`every` belongs into a `step`", given["every"].span,
                        help="a section without `step`s makes one update for each batch")  # fmt: skip
        return []
    for word in ("loss", *ALONE):
        if word in given:
            frame.error("E406", f"each step has its own `{word}`", given[word].span,
                        help=f"move it into a step: `step {next(iter(found))} {{ {word} = … }}`")  # fmt: skip
    return list(found.values())


def _need_loss(frame: Frame, given: Given, node: ast.Train | ast.Step, what: str) -> None:
    if "loss" not in given:
        span = node.net_span if isinstance(node, ast.Train) else node.span
        help = "add a line such as `loss = cross_entropy(logits, label)`"
        frame.error("E402", f"{what} has no loss", span, help=help)


def _settings(frame: Frame, body: ast.Body, known: Mapping[str, Setting]) -> Given:
    """The settings that braces give, by their words."""
    found: Given = {}
    places: dict[str, ast.Name] = {}
    where = "a train section" if known is SETTINGS else "a step"
    for statement in body.statements:
        if isinstance(statement, ast.Step) and known is SETTINGS:
            continue
        if not isinstance(statement, ast.Bind) or len(statement.targets) != 1 or statement.shared:
            frame.error("E403", f"{where} holds settings", statement.span,
                        help="write layers in the net, and settings as `batch = 32`")  # fmt: skip
            continue
        target = statement.targets[0]
        name = target.id
        if name not in known:
            advice = setting_advice(name, {word: setting.also for word, setting in known.items()})
            word = advice.word if advice is not None else None
            help = "write it outside the `step`, for all of them" if name in SETTINGS else _owner(name)
            frame.error(
                "E404",
                f"{where} has no setting `{name}`",
                target.span,
                help=help or (advice.help if advice else f"the settings are {', '.join(known)}"),
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
