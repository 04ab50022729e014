"""Changing a training plan from outside: `--batch 64 --lr 1e-3`, `Trainer(model, epochs=5)`."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from netc.compiler.declare.arguments import ArgumentError, describe
from netc.compiler.plan.settings import Outside, Setting
from netc.compiler.plan.train_plan import SETTINGS, STEP_SETTINGS, TrainPlan
from netc.grammar.diagnostics import Diagnostic, DiagnosticError, did_you_mean
from netc.grammar.given import plain
from netc.grammar.limits import too_many_rows

OUTSIDE: dict[str, tuple[Setting, Outside]] = {
    name: (item, outside) for item in SETTINGS.values() for name, outside in item.outside.items()
}
"""What can be changed without changing the text, by the name that callers give: its setting, and how."""


def override(plan: TrainPlan, **settings: Any) -> TrainPlan:
    """The plan with some settings replaced, those of an update in every step; None leaves a setting as it is.

    batch, epochs  whole numbers from 1;  lr  the optimizer's base learning rate;  clip_norm  the largest
    global gradient norm;  data  what `--data` would say. Raises DiagnosticError E490 for a name or value out of place,
    E140 for a batch that is too large, E416 for fewer epochs than the warm-up has.
    """
    findings: list[Diagnostic] = []
    for name, value in settings.items():
        if value is None:
            continue
        if name not in OUTSIDE:
            findings.append(_unknown(name))
            continue
        setting, outside = OUTSIDE[name]
        try:
            found = outside.type.convert(plain(value))
            if isinstance(found, float) and math.isinf(found):
                raise outside.type.refuse(value, "give a number that is finite")
            plan = _replaced(plan, setting, outside, found)
        except ArgumentError as refused:
            findings.append(
                Diagnostic("E490", f"{name} is {refused.expected}, found {describe(value)}", help=refused.help)
            )
    misfit = replace(plan, unfreeze=()).misfit() if settings.get("epochs") is not None else None
    if misfit is not None and not findings:
        findings.append(Diagnostic("E416", misfit[1], help=misfit[2]))
    large = None if settings.get("batch") is None else too_many_rows(plan.batch)
    if large is not None:
        findings.append(large)
    if findings:
        raise DiagnosticError(findings)
    return plan


def replaceable(plan: TrainPlan) -> dict[str, Any]:
    """What can be replaced as it is now, as JSON: {"batch": 32, "lr": 0.01, …}; a list where steps differ in it."""
    found: dict[str, Any] = {}
    for name, (item, outside) in OUTSIDE.items():
        if item.word in STEP_SETTINGS:
            values = [outside.value(getattr(step, item.field)) for step in plan.steps]
            found[name] = values[0] if all(value == values[0] for value in values) else values
        else:
            found[name] = outside.value(getattr(plan, item.field))
    return found


def _replaced(plan: TrainPlan, setting: Setting, outside: Outside, value: Any) -> TrainPlan:
    name = setting.field
    if setting.word not in STEP_SETTINGS:
        return replace(plan, **{name: outside.replaced(getattr(plan, name), value)})
    steps = [replace(step, **{name: outside.replaced(getattr(step, name), value)}) for step in plan.steps]
    return replace(plan, steps=tuple(steps))


def _unknown(name: str) -> Diagnostic:
    known = ", ".join(f"`{word}`" for word in OUTSIDE)
    return Diagnostic(
        "E490",
        f"a training plan has no setting `{name}` to replace",
        help=did_you_mean(name, OUTSIDE) or f"replace one of {known}, or change the train section",
    )
