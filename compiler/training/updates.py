"""From gradients to new parameters: clipping and the optimizer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from netc.compiler.artifact import Role
from netc.compiler.ir import DType, Value
from netc.compiler.optimizers.base import Optimizer
from netc.compiler.plan.moving import decaying, rate_factors
from netc.compiler.plan.train_plan import StepPlan
from netc.compiler.training.assembly import Assembly
from netc.compiler.training.loss_scaling import Slopes


def clip(a: Assembly, slopes: Slopes, largest: float | None) -> Slopes:
    """Scale all gradients by min(1, largest / (norm + 1e-6)), norm over all of them (Pascanu et al. 2013)."""
    if largest is None or not slopes:
        return slopes
    g = a.builder("clip")
    squares: Value | None = None
    for _, slope in slopes:
        square = g.ReduceSum(g.Mul(slope, slope), axes=tuple(range(slope.rank)))
        squares = square if squares is None else g.Add(squares, square)
    assert squares is not None
    factor = g.Min(g.Div(g.constant(largest), g.Add(g.Sqrt(squares), 1e-6)), 1.0)
    return [(value, g.Mul(slope, factor)) for value, slope in slopes]


def clip_elements(a: Assembly, slopes: Slopes, largest: float | None) -> Slopes:
    """Bring each element of all gradients between -largest and largest."""
    if largest is None:
        return slopes
    g = a.builder("clip")
    return [(value, g.Max(g.Min(slope, largest), -largest)) for value, slope in slopes]


def add_updates(
    a: Assembly,
    plan: StepPlan,
    slopes: Slopes,
    rate: Value,
    step: Value,
    parameters: Sequence[str],
    since: Mapping[str, int],
) -> None:
    """The optimizer's update of each value that has a gradient; state and new values become inputs and outputs.

    parameters  the names of all, moved or not, which the plan's patterns choose from
    since       the epochs in which some of them began to move: optimizers count their time from there
    """
    decayed = decaying([value for value, _ in slopes], parameters, plan)
    factors = rate_factors(parameters, plan)
    g = a.builder("optimizer")
    from_start = g.Add(g.Cast(step, to=DType.FLOAT32), 1.0)
    slots = plan.optimizer.slots()
    prefix = "" if plan.name is None else f"{plan.name}."
    began = sorted({since[value.name] for value, _ in slopes if value.name in since})
    times = {epoch: _steps_since(a, f"{prefix}steps_since_epoch_{epoch}") for epoch in began}
    for value, slope in slopes:
        names = [f"{prefix}{value.name}.{slot}" for slot in slots]
        state = [
            a.input(name, DType.FLOAT32, value.shape, "state", f"{slot} of {value.name}")
            for name, slot in zip(names, slots, strict=True)
        ]
        g = a.builder("optimizer", value.name)
        optimizer = plan.optimizer if value in decayed else without_decay(plan.optimizer)
        factor = factors.get(value.name, 1.0)
        own_rate = rate if factor == 1 else g.Mul(rate, factor)
        time = times[since[value.name]] if value.name in since else from_start
        new, new_state = optimizer.update(g, value, slope, tuple(state), own_rate, time)
        give_next(a, value, new)
        for name, slot, old_value, new_value in zip(names, slots, state, new_state, strict=True):
            a.output(f"{name}.next", new_value, "state", f"{slot} of {value.name} after the step", of=old_value.name)


def _steps_since(a: Assembly, name: str) -> Value:
    """The number of this step from 1, counted since some parameters began to move: the graph counts by itself."""
    before = a.input(name, DType.FLOAT32, (), "state", "steps since then")
    time = a.builder("optimizer").Add(before, 1.0)
    a.output(f"{name}.next", time, "state", "steps since then, this one too", of=before.name)
    return time


def without_decay(optimizer: Optimizer) -> Optimizer:
    """The same optimizer without weight decay."""
    return type(optimizer)(**{**optimizer.settings(), "weight_decay": 0.0})


def give_next(a: Assembly, value: Value, new: Value) -> None:
    """The new value of a parameter, of an input that moves, or of what is trained in a parameter's place."""
    role: Role = "state" if a.role(value) == "state" else "param"
    a.output(f"{value.name}.next", new, role, f"{value.name} after the step", of=value.name)
