"""How operators that ONNX lacks are written with the stock operators of a target: a table a target, a row a choice.

A lowering is a function of the builder, the node's inputs and its attributes, and returns what stands for the node's
outputs. To tune a target, replace a row: `"cuda": {**STD, "ConvWeightGradient": one_product_an_offset}`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from netc.compiler.ir import Graph, Value
from netc.compiler.ops import get_op
from netc.compiler.passes.rewriter import Rewriter
from netc.compiler.targets.convolution import conv_input_gradient, conv_weight_gradient
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

TARGETS: Mapping[str, Mapping[str, Lowering]] = {
    "std": STD,
    "cpu": {**STD},
    "cuda": {**STD},
    "web": {**STD},
}


def legalise(graph: Graph, target: str = "std") -> Graph:
    """The graph in stock operators alone, as the target's table writes the others."""
    table = TARGETS[target]
    rewriter = Rewriter(graph)
    for node in graph.nodes:
        if node.op in table:
            made = table[node.op](rewriter.builder(node.origin), *rewriter.inputs(node), **node.attributes)
            rewriter.replace(node.outputs, made if isinstance(made, tuple) else (made,))
        else:
            assert get_op(node.op).stock, f"target {target} has no row for {node.op}"
            rewriter.keep(node)
    return rewriter.finish()
