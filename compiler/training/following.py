"""Weights that follow others, as nodes after the last update of a step."""

from __future__ import annotations

from netc.compiler.ir import Value
from netc.compiler.net import Net
from netc.compiler.plan.moving import followed
from netc.compiler.plan.train_plan import TrainPlan
from netc.compiler.training.assembly import Assembly
from netc.compiler.training.updates import give_next


def add_following(a: Assembly, net: Net, plan: TrainPlan, count: Value) -> None:
    """The new value of all that follows, from what it follows: after this step, where the step moves that."""
    new = a.renewed()
    known = {value.name for value in a.graph.parameters}
    time = a.builder("optimizer").Add(count, 1)
    for target, source, how in followed(net.parameters, plan):
        for item in (target, source):
            if item.name not in known:
                known.add(item.name)
                a.take(item.value, "param", f"weight {item.name}", trainable=False, buffer=item.buffer)
        g = a.builder("optimizer", f"follow.{target.name}")
        give_next(a, target.value, how.next(g, target.value, new.get(source.name, source.value), time))
