"""What a training step takes from the data, known before the step is compiled."""

from __future__ import annotations

from netc.compiler.artifact import Port
from netc.compiler.net import Net, TrainPlan
from netc.compiler.training.assembly import Assembly
from netc.compiler.training.step import take_data


def batch_ports(net: Net, plan: TrainPlan | None = None) -> list[Port]:
    """The inputs of the net and the targets of a plan, the first one unless given, as its manifest will have them.

    Raises DiagnosticError E401 where the net has no plan.
    """
    plan = plan or net.plan()
    a = Assembly(net.name)
    take_data(a, net, [*plan.losses, *plan.metrics])
    return a.ports(a.graph)[0]
