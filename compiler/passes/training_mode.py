"""The graph as it is used while training: random numbers, batch statistics, power iterations."""

from __future__ import annotations

from collections.abc import Collection

from netc.compiler.ir import Graph, Origin, Value
from netc.compiler.ops import get_op
from netc.compiler.passes.random_bits import RandomBits
from netc.compiler.passes.rewriter import Rewriter


def training_mode(
    graph: Graph, seed: Value, step: Value, frozen: Collection[Value] = ()
) -> tuple[Graph, dict[Value, Value]]:
    """The graph in training form, and what each running statistic becomes.

    seed, step  int64 scalars, inputs of the graph: masks depend on them, on the layer's path and the element alone
    frozen      buffers that stay: a batch normalization with such running statistics goes by them, as after training
    A running statistic of a layer that is applied twice is updated twice, in the order of application; so are the
    vectors of a spectral norm.
    """
    rewriter = Rewriter(graph)
    parameters = set(graph.parameters)
    updates: dict[Value, Value] = {}
    fixed = set(frozen)
    bits = RandomBits(rewriter.graph, seed, step)
    for node in graph.nodes:
        g = rewriter.builder(node.origin)
        draw = get_op(node.op).draw
        if draw is not None:
            rewriter.replace(node.outputs, (draw(g, bits, node, *rewriter.inputs(node)),))
        elif node.op == "BatchNormalization" and fixed.isdisjoint(node.inputs[3:]):
            x, scale, bias, *running = rewriter.inputs(node)
            y, *batch = g.add("BatchNormalizationTraining", (x, scale, bias), {"epsilon": node.attributes["epsilon"]})
            rewriter.replace(node.outputs, (y,))
            momentum = node.attributes["momentum"]
            assert isinstance(momentum, float)
            for statistic, value in zip(running, batch, strict=True):
                if statistic in parameters:
                    moved = rewriter.builder(Origin.of("optimizer", statistic.name))
                    old = updates.get(statistic, statistic)
                    updates[statistic] = moved.Add(moved.Mul(old, momentum), moved.Mul(value, 1.0 - momentum))
        elif node.op == "PowerIteration" and fixed.isdisjoint(node.inputs[1:]):
            w, *vectors = rewriter.inputs(node)
            before = [updates.get(vector, vector) for vector in vectors]
            after = g.add("PowerIterationTraining", (w, *before), node.attributes)
            rewriter.replace(node.outputs, after)
            updates.update(zip(vectors, after, strict=True))
        else:
            rewriter.keep(node)
    return rewriter.finish(), updates
