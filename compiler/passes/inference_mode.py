"""The graph as it is used after training."""

from __future__ import annotations

from netc.compiler.ir import Graph
from netc.compiler.passes.rewriter import Rewriter


def inference_mode(graph: Graph) -> Graph:
    """Dropout passes its input on; what training moves, running statistics and singular vectors, stays."""
    rewriter = Rewriter(graph)
    for node in graph.nodes:
        if node.op == "Dropout":
            rewriter.replace(node.outputs, rewriter.inputs(node))
        elif node.op == "PowerIteration":
            rewriter.replace(node.outputs, rewriter.inputs(node)[1:])
        else:
            rewriter.keep(node)
    return rewriter.finish()
