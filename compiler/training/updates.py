"""From gradients to new parameters: clipping and the optimizer."""

from __future__ import annotations

from netc.compiler.ir import DType, Value
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


def add_updates(a: Assembly, plan: StepPlan, slopes: Slopes, rate: Value, step: Value) -> None:
    """The optimizer's update of each value that has a gradient; state and new values become inputs and outputs."""
    g = a.builder("optimizer")
    time = g.Add(g.Cast(step, to=DType.FLOAT32), 1.0)
    slots = plan.optimizer.slots()
    prefix = "" if plan.name is None else f"{plan.name}."
    for value, slope in slopes:
        names = [f"{prefix}{value.name}.{slot}" for slot in slots]
        state = [
            a.input(name, DType.FLOAT32, value.shape, "state", f"{slot} of {value.name}")
            for name, slot in zip(names, slots, strict=True)
        ]
        g = a.builder("optimizer", value.name)
        new, new_state = plan.optimizer.update(g, value, slope, tuple(state), rate, time)
        give_next(a, value, new)
        for name, slot, old_value, new_value in zip(names, slots, state, new_state, strict=True):
            a.output(f"{name}.next", new_value, "state", f"{slot} of {value.name} after the step", of=old_value.name)


def give_next(a: Assembly, value: Value, new: Value) -> None:
    """The new value of a parameter, or of an input that moves, as an output."""
    a.output(f"{value.name}.next", new, "param", f"{value.name} after the step", of=value.name)
