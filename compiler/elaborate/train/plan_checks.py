"""What is wrong with the settings of a `train` section together, told at its lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from netc.compiler.elaborate.frame import Frame
from netc.compiler.plan.moving import KERNELS, adapted, chosen, followed, frozen, matches, moving, thawed
from netc.compiler.plan.train_plan import StepPlan, TrainPlan
from netc.grammar import ast
from netc.grammar.diagnostics import DiagnosticError, Label
from netc.grammar.limits import too_many_rows

Given = Mapping[str, ast.Expression]


def check_fit(frame: Frame, plan: TrainPlan, given: Given) -> None:
    """Settings that do not fit each other, and a batch that is too large."""
    large = too_many_rows(plan.batch, Label(given["batch"].span) if "batch" in given else None)
    if large is not None:
        frame.report.add(large)
    misfit = plan.misfit()
    if misfit is not None:
        word, message, help = misfit
        frame.error("E416", message, given[word].span, help=help)


def check_patterns(frame: Frame, plan: TrainPlan, given: Sequence[Given]) -> None:
    """Patterns that name nothing, and steps that move nothing.

    given  the settings of each step, those of the section around it among them
    """
    parameters = list(frame.run.parameters.values())
    names = [item.name for item in parameters]
    whole = {
        "adapt": lambda: adapted(parameters, plan),
        "freeze": lambda: frozen(parameters, replace(plan, unfreeze=())),
        "follow": lambda: followed(parameters, plan),
        "init": lambda: chosen(names, [start.part for start in plan.init if start.part], "init"),
        "unfreeze": lambda: thawed(parameters, plan),
    }
    if all(_passes(frame, word, given[0], check) for word, check in whole.items()):
        for step, own in zip(plan.steps, given, strict=True):
            _check_step(frame, plan, step, own)
        _warn_of_idle(frame, plan, given[0])


def _warn_of_idle(frame: Frame, plan: TrainPlan, given: Given) -> None:
    """Patterns of `freeze` that change nothing."""
    if not plan.freeze:
        return
    parameters = list(frame.run.parameters.values())
    idle = {item.name for item in parameters if item.frozen or matches(item.name, dict(plan.follow))}
    for pattern in plan.freeze:
        if chosen([item.name for item in parameters], (pattern,), "freeze") <= idle:
            message = f"`freeze` names `{pattern}`, where nothing moves anyway"
            frame.report.warning("L006", message, given["freeze"].span, help="leave it out")


def _check_step(frame: Frame, plan: TrainPlan, step: StepPlan, own: Given) -> None:
    parameters, inputs = list(frame.run.parameters.values()), frame.run.graph.inputs
    names = [item.name for item in parameters]
    _passes(frame, "rates", own, lambda: chosen(names, dict(step.rates), "rates"))
    _passes(frame, "decays", own, lambda: chosen([*names, KERNELS], step.decays or (), "decays"))
    if not _passes(frame, "trains", own, lambda: moving(parameters, inputs, plan, step)):
        return
    last = plan.in_epoch(plan.epochs)
    if frozen(parameters, last) and not moving(parameters, inputs, last, step):
        place = own.get("trains") or own.get("freeze") or own["loss"]
        help = "leave something out of `freeze` and `frozen { … }`"
        frame.error("E416", "everything that this would train is frozen", place.span, help=help)
    if plan.accumulate > 1 and any(value.name in (step.trains or ()) for value in inputs):
        message = "`accumulate` adds up the gradients of weights, and this step moves an input"
        frame.error("E416", message, own["trains"].span, help="leave `accumulate` out")


def _passes(frame: Frame, word: str, given: Given, check: Callable[[], object]) -> bool:
    """Whether a setting that is given passes its check; what is wrong is told there."""
    if word not in given:
        return True
    try:
        check()
    except DiagnosticError as error:
        for found in error.diagnostics:
            frame.error(found.code, found.message, given[word].span, help=found.help)
        return False
    return True
