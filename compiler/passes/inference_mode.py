"""The graph as it is used after training."""

from __future__ import annotations

from netc.compiler.ir import Graph
from netc.compiler.ops import get_op
from netc.compiler.passes.rewriter import Rewriter


def inference_mode(graph: Graph) -> Graph:
    """Dropout and noise pass their input on; what training moves, running statistics and singular vectors, stays."""
    rewriter = Rewriter(graph)
    for node in graph.nodes:
        if get_op(node.op).passes_on:
            rewriter.replace(node.outputs, rewriter.inputs(node))
        elif node.op == "PowerIteration":
            rewriter.replace(node.outputs, rewriter.inputs(node)[1:])
        else:
            rewriter.keep(node)
    return rewriter.finish()
