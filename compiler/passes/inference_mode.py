"""The graph as it is used after training."""

from __future__ import annotations

from netc.compiler.ir import Graph
from netc.compiler.passes.rewriter import Rewriter


def inference_mode(graph: Graph) -> Graph:
    """Dropout and noise pass their input on; batch normalization keeps its meaning, running statistics."""
    rewriter = Rewriter(graph)
    for node in graph.nodes:
        if node.op in ("Dropout", "GaussianNoise", "StopGradient"):
            rewriter.replace(node.outputs, rewriter.inputs(node))
        else:
            rewriter.keep(node)
    return rewriter.finish()
