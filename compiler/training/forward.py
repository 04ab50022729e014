"""The forward pass of a plan as a graph of its own, for those who want to run a net by other means than ONNX."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from netc.compiler.ir import Graph
from netc.compiler.ir.dims import symbols
from netc.compiler.net import Net, TrainPlan
from netc.compiler.passes.dead_code import dead_code
from netc.compiler.passes.fix_sizes import fix_sizes


def forward_graph(net: Net, plan: TrainPlan, shapes: Mapping[str, Sequence[int]]) -> Graph:
    """From the net's inputs to the plan's predictions, neutral to mode: outputs "0", "1", … are those of its losses.

    shapes  {input: its whole shape}, from which the batch and other symbolic sizes are taken: no size stays open
    """
    sizes = {}
    for value in net.inputs:
        for size, given in zip(value.shape, shapes[value.name], strict=True):
            if not isinstance(size, int) and len(found := symbols(size)) == 1 and str(size).isidentifier():
                sizes[found.pop()] = given
    graph = net.graph.copy()
    graph.outputs = {str(number): term.prediction for number, term in enumerate(plan.losses)}
    return fix_sizes(dead_code(graph), sizes)
