"""A moving average of the weights, kept beside those that are trained."""

from __future__ import annotations

from collections.abc import Sequence

from netc.compiler.declare.parameter import Parameter
from netc.compiler.ir import DType
from netc.compiler.net import Net
from netc.compiler.plan.train_plan import TrainPlan
from netc.compiler.training.assembly import Assembly

AVERAGE = "average."
"""How the state is called: `average.NAME` is the average of parameter NAME."""


def add_averages(a: Assembly, net: Net, plan: TrainPlan, besides: Sequence[Parameter] = ()) -> None:
    """average = average + (1 - decay) * (new - average) for every weight and buffer that the step renews.

    They start equal to the weights, and there is no correction for the start, as in timm's ModelEmaV2.

    besides  what another half of the step renews
    """
    if plan.average is None:
        return
    new, taken = a.renewed(), {value.name for value in a.graph.parameters}
    others = {item.name for item in besides}
    for item in net.parameters:
        name, value = item.name, item.value
        if name not in new and name not in others:
            continue
        if name not in taken:
            a.take(value, "param", f"weight {name}", trainable=False, buffer=item.buffer)
        g = a.builder("optimizer", name)
        note = f"moving average of {name}, equal to it at the start"
        old = a.input(f"{AVERAGE}{name}", DType.FLOAT32, value.shape, "state", note, of=name)
        moved = g.Add(old, g.Mul(g.Sub(new.get(name, value), old), 1.0 - plan.average))
        a.output(f"{AVERAGE}{name}.next", moved, "state", f"moving average of {name} after the step", of=old.name)
