"""Changing a training plan from outside: `--batch 64 --lr 1e-3`, `Trainer(model, epochs=5)`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from netc.compiler.declare.arguments import SIZE, ArgumentError, ArgumentType, Integer, Optional_, Real, describe
from netc.compiler.net import TrainPlan
from netc.grammar.diagnostics import Diagnostic, DiagnosticError

SETTINGS: dict[str, ArgumentType] = {
    "batch": SIZE,
    "epochs": Integer(1),
    "lr": Real(0),
    "clip_norm": Optional_(Real(0, open_low=True)),
    "data": ArgumentType(),
}
"""What can be changed without changing the text."""


def override(plan: TrainPlan, **settings: Any) -> TrainPlan:
    """The plan with some settings replaced; None leaves a setting as it is.

    batch, epochs  whole numbers from 1;  lr  the optimizer's base learning rate;  clip_norm  the largest
    global gradient norm;  data  what `--data` would say. Raises DiagnosticError E490 for a name or value out of place.
    """
    findings: list[Diagnostic] = []
    values: dict[str, Any] = {}
    for name, value in settings.items():
        if value is None:
            continue
        kind = SETTINGS.get(name)
        if kind is None:
            findings.append(_unknown(name))
            continue
        try:
            values[name] = kind.convert(value)
        except ArgumentError as refused:
            findings.append(
                Diagnostic("E490", f"{name} is {refused.expected}, found {describe(value)}", help=refused.help)
            )
    if findings:
        raise DiagnosticError(findings)
    if "lr" in values:
        optimizer = plan.optimizer
        values["optimizer"] = type(optimizer)(**{**optimizer.settings(), "lr": values.pop("lr")})
    return replace(plan, **values)


def _unknown(name: str) -> Diagnostic:
    from netc.grammar.diagnostics import did_you_mean

    known = ", ".join(f"`{word}`" for word in SETTINGS)
    return Diagnostic(
        "E490",
        f"a training plan has no setting `{name}` to replace",
        help=did_you_mean(name, SETTINGS) or f"replace one of {known}, or change the train section",
    )
