"""What a step moves: parameters, or inputs of the net (feature visualisation, style transfer, adversarial examples)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from netc.compiler.declare.parameter import Parameter
from netc.compiler.ir import DType, Value
from netc.compiler.plan.train_plan import StepPlan, TrainPlan
from netc.grammar.diagnostics import Diagnostic, DiagnosticError, did_you_mean


def moving(parameters: Sequence[Parameter], inputs: Sequence[Value], plan: TrainPlan, step: StepPlan) -> list[Value]:
    """The values that a step moves where its loss depends on them: parameters in their order, then inputs.

    A step without patterns moves every trainable parameter; an input moves only where `trains` names it. What the plan
    freezes stays. Raises DiagnosticError E415 for a pattern that nothing is called, or that names an input of integers.
    """
    fixed = frozen(parameters, plan)
    trainable = [item.value for item in parameters if item.trainable and not item.buffer and item.value not in fixed]
    if step.trains is None:
        return trainable
    floats = [value for value in inputs if value.dtype is DType.FLOAT32]
    _refuse_unknown(step.trains, "trains", [value.name for value in (*trainable, *floats)])
    return [value for value in trainable if matches(value.name, step.trains)] + [
        value for value in floats if value.name in step.trains
    ]


def frozen(parameters: Sequence[Parameter], plan: TrainPlan) -> set[Value]:
    """The parameters and buffers that no step moves; raises DiagnosticError E415 for a pattern that names none."""
    _refuse_unknown(plan.freeze, "freeze", [item.name for item in parameters])
    return {item.value for item in parameters if matches(item.name, plan.freeze)}


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Whether a dotted name is, or lies below, what a pattern names; `*` stands for any characters."""
    return any(fnmatchcase(name, pattern) or fnmatchcase(name, f"{pattern}.*") for pattern in patterns)


def _refuse_unknown(patterns: Iterable[str], setting: str, names: Sequence[str]) -> None:
    findings = [
        Diagnostic("E415", f"`{setting}` names `{pattern}`, and nothing that can move is called so",
                   help=did_you_mean(pattern, _prefixes(names)) or f"name one of {', '.join(_tops(names))}")
        for pattern in patterns
        if not any(matches(name, (pattern,)) for name in names)
    ]  # fmt: skip
    if findings:
        raise DiagnosticError(findings)


def _tops(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(name.partition(".")[0] for name in names))


def _prefixes(names: Iterable[str]) -> list[str]:
    """Every path that a name lies below, and the name."""
    parts = [name.split(".") for name in names]
    return list(dict.fromkeys(".".join(path[: length + 1]) for path in parts for length in range(len(path))))
