"""How operators that ONNX lacks are written with the stock operators of a target: a table a target, a row a choice.

A lowering is a function of the builder, the node's inputs and its attributes, and returns what stands for the node's
outputs. To tune a target, replace a row: `"cuda": {**STD, "ConvWeightGradient": one_product_an_offset}`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from netc.compiler.ir import Graph, Value
from netc.compiler.ops import get_op
from netc.compiler.passes.rewriter import Rewriter
from netc.compiler.targets.convolution import conv_input_gradient, conv_weight_gradient
from netc.compiler.targets.cpu import FINISH, blocked_layout
from netc.compiler.targets.normalization import batch_normalization_gradient, batch_normalization_training
from netc.compiler.targets.pooling import average_pool_gradient, max_pool_gradient

Lowering = Callable[..., Value | tuple[Value, ...]]

STD: Mapping[str, Lowering] = {
    "AveragePoolGradient": average_pool_gradient,
    "BatchNormalizationGradient": batch_normalization_gradient,
    "BatchNormalizationTraining": batch_normalization_training,
    "ConvInputGradient": conv_input_gradient,
    "ConvWeightGradient": conv_weight_gradient,
    "MaxPoolGradient": max_pool_gradient,
}
"""Standard operators only: runs on every provider."""


@dataclass(frozen=True)
class Target:
    """What a target makes of a graph: perhaps a layout, the row for each operator, perhaps a last touch."""

    table: Mapping[str, Lowering]
    layout: Callable[[Graph], Graph] | None = None
    finish: tuple[Callable[[Graph], Graph], ...] = ()


TARGETS: Mapping[str, Target] = {
    "std": Target(STD),
    "cpu": Target(STD, layout=partial(blocked_layout, block=16), finish=FINISH),
    "cpu8": Target(STD, layout=partial(blocked_layout, block=8), finish=FINISH),
    "cuda": Target({**STD}),
    "web": Target({**STD}),
}
"""`cpu` is for blocks of 16 channels, as the runtime has with AVX-512; `cpu8` for blocks of 8. See `cpu/probe.py`."""


def legalise(graph: Graph, target: str = "std") -> Graph:
    """The graph in the operators that the target has; raises ValueError where there is no such target."""
    if target not in TARGETS:
        raise ValueError(f"there is no target {target!r}: use one of {', '.join(TARGETS)}")
    chosen = TARGETS[target]
    if chosen.layout is not None:
        graph = chosen.layout(graph)
    graph = _lower(graph, chosen.table, target)
    for touch in chosen.finish:
        graph = touch(graph)
    return graph


def _lower(graph: Graph, table: Mapping[str, Lowering], target: str) -> Graph:
    rewriter = Rewriter(graph)
    for node in graph.nodes:
        if node.op in table:
            made = table[node.op](rewriter.builder(node.origin), *rewriter.inputs(node), **node.attributes)
            rewriter.replace(node.outputs, made if isinstance(made, tuple) else (made,))
        else:
            assert get_op(node.op).stock, f"target {target} has no row for {node.op}"
            rewriter.keep(node)
    return rewriter.finish()
