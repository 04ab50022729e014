"""The graph as it is used while training: random numbers, and batch normalization by the batch's own statistics."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from netc.compiler.ir import Builder, Graph, Node, Origin, Value
from netc.compiler.passes.lanes import PREFIX
from netc.compiler.passes.random_bits import RandomBits
from netc.compiler.passes.rewriter import Rewriter


def _dropout(bits: RandomBits, g: Builder, node: Node, x: Value) -> Value:
    rate, leading = node.attributes["rate"], node.attributes["leading"]
    return g.Mul(x, bits.dropout_mask(g, x.shape, rate, leading)) if rate else x


def _gaussian_noise(bits: RandomBits, g: Builder, node: Node, x: Value) -> Value:
    std = node.attributes["std"]
    return g.Add(x, g.Mul(bits.normal(g, x.shape), std)) if std else x


RANDOM: Mapping[str, Callable[..., Value]] = {
    "Dropout": _dropout,
    "GaussianNoise": _gaussian_noise,
    "RandomNormal": lambda bits, g, node: bits.normal(g, node.output.shape),
    "RandomUniform": lambda bits, g, node: bits.uniform(g, node.output.shape),
}
"""Operators that draw numbers in training, and what they become: of the bits, the builder, the node and its inputs."""


def training_mode(
    graph: Graph, seed: Value, step: Value, frozen: Collection[Value] = ()
) -> tuple[Graph, dict[Value, Value]]:
    """The graph in training form, and what each running statistic becomes.

    seed, step  int64 scalars, inputs of the graph: masks depend on them, on the layer's path and the element alone
    frozen      buffers that stay: a batch normalization with such running statistics goes by them, as after training
    A running statistic of a layer that is applied twice is updated twice, in the order of application.
    """
    rewriter = Rewriter(graph)
    parameters = set(graph.parameters)
    updates: dict[Value, Value] = {}
    fixed = set(frozen)
    bits = RandomBits(rewriter.graph, seed, step)
    for node in graph.nodes:
        g = rewriter.builder(node.origin)
        if node.op in RANDOM:
            rewriter.replace(node.outputs, (RANDOM[node.op](bits, g, node, *rewriter.inputs(node)),))
        elif node.op == "BatchNormalization" and fixed.isdisjoint(node.inputs[3:]):
            x, scale, bias, *running = rewriter.inputs(node)
            y, *batch = g.add("BatchNormalizationTraining", (x, scale, bias), {"epsilon": node.attributes["epsilon"]})
            rewriter.replace(node.outputs, (y,))
            momentum = node.attributes["momentum"]
            assert isinstance(momentum, float)
            for statistic, value in zip(running, batch, strict=True):
                if statistic in parameters:
                    moved = rewriter.builder(Origin(f"{PREFIX}{statistic.name}"))
                    old = updates.get(statistic, statistic)
                    updates[statistic] = moved.Add(moved.Mul(old, momentum), moved.Mul(value, 1.0 - momentum))
        else:
            rewriter.keep(node)
    return rewriter.finish(), updates
