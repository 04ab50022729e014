"""bfloat16 where ONNX Runtime has it, float32 where it doesn't: not every operator has a kernel for it."""

from __future__ import annotations

from netc.compiler.ir import DType, Graph, Node, Value
from netc.compiler.passes.rewriter import Rewriter

MISSING = frozenset({
    "Clip", "ConvTranspose", "Equal", "Greater", "GreaterOrEqual", "LeakyRelu", "Less", "LessOrEqual", "MaxPool", "Pad",
})  # fmt: skip
"""Operators that the CUDA provider has for float16, but not for bfloat16, by ONNX Runtime's list of its kernels."""


def bfloat16_gaps(graph: Graph) -> Graph:
    """The graph, written for its target, with those operators in float32 between two casts; results are the same."""
    rewriter = Rewriter(graph)
    for node in graph.nodes:
        if node.op in MISSING and any(value.dtype == DType.BFLOAT16 for value in node.inputs):
            rewriter.replace(node.outputs, _between_casts(rewriter, node))
        else:
            rewriter.keep(node)
    return rewriter.finish()


def _between_casts(rewriter: Rewriter, node: Node) -> tuple[Value, ...]:
    g = rewriter.builder(node.origin)
    wide = [g.Cast(x, to=DType.FLOAT32) if x.dtype == DType.BFLOAT16 else x for x in rewriter.inputs(node)]
    made = g.add(node.op, wide, node.attributes)
    return tuple(
        g.Cast(new, to=DType.BFLOAT16) if old.dtype == DType.BFLOAT16 else new
        for new, old in zip(made, node.outputs, strict=True)
    )
