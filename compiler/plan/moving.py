"""What a step moves: parameters, or inputs of the net (feature visualisation, style transfer, adversarial examples)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from fnmatch import fnmatchcase

from netc.compiler.adapters.base import Adapter
from netc.compiler.declare.parameter import Parameter
from netc.compiler.followers.base import Follower
from netc.compiler.ir import DType, Value
from netc.compiler.plan.train_plan import StepPlan, TrainPlan
from netc.grammar.diagnostics import Diagnostic, DiagnosticError, did_you_mean

KERNELS = "kernels"
"""The word for parameters of two axes and more, which leaves out biases and what norms scale and shift by."""


def moving(parameters: Sequence[Parameter], inputs: Sequence[Value], plan: TrainPlan, step: StepPlan) -> list[Value]:
    """The values that a step moves where its loss depends on them: parameters in their order, then inputs.

    A step without patterns moves every trainable parameter; an input moves only where `trains` names it. What the plan
    freezes stays. Raises DiagnosticError E415 for a pattern that nothing is called, or that names an input of integers.
    """
    fixed = frozen(parameters, plan)
    weights = [item.value for item in parameters if not item.buffer and (item.trainable or item.frozen)]
    trainable = [value for value in weights if value not in fixed]
    if step.trains is None:
        return trainable
    floats = [value for value in inputs if value.dtype is DType.FLOAT32]
    named = chosen([value.name for value in (*weights, *floats)], step.trains, "trains")
    return [value for value in trainable if value.name in named] + [
        value for value in floats if value.name in step.trains
    ]


def frozen(parameters: Sequence[Parameter], plan: TrainPlan) -> set[Value]:
    """The parameters and buffers that no step moves: in `frozen` braces, in `freeze`, or because they follow others.

    Raises DiagnosticError E415 for a pattern that names none.
    """
    free = thawed(parameters, plan)
    names = [item.name for item in parameters]
    following = _matching(names, dict(plan.follow))
    adapting = _matching(names, dict(plan.adapt))
    low = adapted(parameters, plan)
    still = [item for item in fixed_at_first(parameters, plan) if item.name not in free or item.name in following]
    still += [item for item in parameters if item.name in adapting]
    return {item.value for item in still if item.name not in low}


def adapted(parameters: Sequence[Parameter], plan: TrainPlan) -> dict[str, Adapter]:
    """The weights that move by an adapter alone, by name; of the patterns that fit one, the first counts.

    Raises DiagnosticError E415 for a pattern that names nothing, or nothing that has two axes or more.
    """
    if not plan.adapt:
        return {}
    chosen([item.name for item in parameters], dict(plan.adapt), "adapt")
    weights = [item.name for item in parameters if not item.buffer and item.value.rank >= 2]
    found: dict[str, Adapter] = {}
    for pattern, adapter in plan.adapt:
        fitting = _fitting(weights, pattern)
        if not fitting:
            help = "name a layer with a weight of two axes or more, such as `dense`, `conv` or `attention`"
            message = f"`adapt` names `{pattern}`, where no weight has two axes"
            raise DiagnosticError(Diagnostic("E415", message, help=help))
        for name in fitting:
            found.setdefault(name, adapter)
    return found


def check_moves(parameters: Sequence[Parameter], inputs: Sequence[Value], plan: TrainPlan) -> None:
    """Raise DiagnosticError E416 for a plan that freezes all that a step of it would train, E415 as `freeze` does."""
    last = plan.in_epoch(plan.epochs)
    if frozen(parameters, last) and not all(moving(parameters, inputs, last, step) for step in plan.steps):
        help = "freeze less"
        raise DiagnosticError(Diagnostic("E416", "everything that this would train is frozen", help=help))


def fixed_at_first(parameters: Sequence[Parameter], plan: TrainPlan) -> list[Parameter]:
    """What does not move before `unfreeze` lets it go. Raises DiagnosticError E415."""
    names = [item.name for item in parameters]
    fixed = chosen(names, plan.freeze, "freeze") | _matching(names, dict(plan.follow))
    return [item for item in parameters if item.frozen or item.name in fixed]


def thawed(parameters: Sequence[Parameter], plan: TrainPlan) -> dict[str, int]:
    """What was frozen and moves by now, and since which epoch. Raises DiagnosticError E415 as `freeze` does.

    E416 is a pattern of `unfreeze` that lets nothing go: what it names moves already.
    """
    names = [item.name for item in parameters]
    fixed = [item.name for item in fixed_at_first(parameters, plan)]
    found: dict[str, int] = {}
    for epoch, patterns in plan.unfreeze:
        chosen(names, patterns, "unfreeze")
        for pattern in patterns:
            free = [name for name in _fitting(names, pattern) if name in fixed and name not in found]
            if not free:
                help = f'freeze it first: `freeze = ["{pattern}"]`, or leave it out'
                raise DiagnosticError(
                    Diagnostic("E416", f"`unfreeze` names `{pattern}`, which is not frozen in epoch {epoch}", help=help)
                )
            found |= dict.fromkeys(free, epoch)
    return {name: epoch for name, epoch in found.items() if epoch <= plan.begun}


def followed(parameters: Sequence[Parameter], plan: TrainPlan) -> list[tuple[Parameter, Parameter, Follower]]:
    """Which parameter or buffer follows which, and how.

    Raises DiagnosticError E415 for a part that has no parameters, or not those of what it follows.
    """
    known = {item.name: item for item in parameters}
    found = []
    for target, follower in plan.follow:
        for part in (target, follower.source):
            chosen(known, (part,), "follow")
        theirs = {name.removeprefix(f"{follower.source}."): item for name, item in _below(known, follower.source)}
        ours = {name.removeprefix(f"{target}."): item for name, item in _below(known, target)}
        for leaf in sorted({*theirs, *ours}):
            a, b = ours.get(leaf), theirs.get(leaf)
            if a is None or b is None or a.value.shape != b.value.shape:
                message = f"`{target}` can't follow `{follower.source}`: `{leaf}` is not the same in both"
                help = "make both by the same block or net, with the same arguments"
                raise DiagnosticError(Diagnostic("E415", message, help=help))
        found += [(item, theirs[leaf], follower) for leaf, item in ours.items()]
    return found


def _below(known: dict[str, Parameter], part: str) -> list[tuple[str, Parameter]]:
    return [(name, item) for name, item in known.items() if matches(name, (part,))]


def rate_factors(names: Sequence[str], step: StepPlan) -> dict[str, float]:
    """What the learning rates of parameters are multiplied by; of the patterns that fit one, the first counts."""
    found: dict[str, float] = {}
    for pattern, factor in step.rates:
        for name in _fitting(names, pattern):
            found.setdefault(name, factor)
    return found


def decaying(values: Iterable[Value], names: Sequence[str], step: StepPlan) -> set[Value]:
    """Of the values, those that the optimizer's weight decay applies to; `names` are those of all parameters."""
    if step.decays is None:
        return set(values)
    named = {name for pattern in step.decays for name in _fitting(names, pattern)}
    return {value for value in values if value.name in named or (KERNELS in step.decays and value.rank >= 2)}


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Whether a dotted name is, or lies below, what a pattern names; `*` stands for any characters."""
    return any(fnmatchcase(name, pattern) or fnmatchcase(name, f"{pattern}.*") for pattern in patterns)


def _matching(names: Iterable[str], patterns: Collection[str]) -> set[str]:
    return {name for name in names if matches(name, patterns)} if patterns else set()


def chosen(names: Iterable[str], patterns: Iterable[str], setting: str) -> set[str]:
    """The names that patterns choose: `stem`, `stage*.conv1`, `stage1..stage3` for all from the first to the last.

    Raises DiagnosticError E415 for a pattern that chooses none; `setting` is where it stands.
    """
    known = list(names)
    found: set[str] = set()
    unknown = []
    for pattern in patterns:
        fitting = _fitting(known, pattern)
        found.update(fitting)
        if not fitting:
            unknown.append(pattern)
    if unknown:
        raise DiagnosticError([_nothing(pattern, setting, known) for pattern in unknown])
    return found


def _fitting(names: Sequence[str], pattern: str) -> list[str]:
    first, dots, last = pattern.partition("..")
    if not dots:
        return [name for name in names if matches(name, (pattern,))]
    at_first = [place for place, name in enumerate(names) if matches(name, (first,))]
    at_last = [place for place, name in enumerate(names) if matches(name, (last,))]
    return list(names[at_first[0] : at_last[-1] + 1]) if at_first and at_last else []


def _nothing(pattern: str, setting: str, names: Sequence[str]) -> Diagnostic:
    return Diagnostic(
        "E415",
        f"`{setting}` names `{pattern}`, and nothing that can move is called so",
        help=did_you_mean(pattern, _prefixes(names)) or f"name one of {', '.join(_tops(names))}",
    )


def _tops(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(name.partition(".")[0] for name in names))


def _prefixes(names: Iterable[str]) -> list[str]:
    """Every path that a name lies below, and the name."""
    parts = [name.split(".") for name in names]
    return list(dict.fromkeys(".".join(path[: length + 1]) for path in parts for length in range(len(path))))
