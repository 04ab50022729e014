"""max_pool(relu(x)) as relu(max_pool(x)): the same values and gradients, on a quarter of the data."""

from __future__ import annotations

from netc.compiler.ir import Graph, Node, Value
from netc.compiler.passes.rewriter import Rewriter


def pool_before_relu(graph: Graph) -> Graph:
    """Swap every ReLU that a pooling alone reads with it. For training, where the ReLU's mask is computed too.

    Where all of a window is negative both forms give 0 and no gradient; elsewhere the maximum is the same element.
    """
    rewriter = Rewriter(graph)
    readers = graph.consumers()
    kept = set(graph.outputs.values())

    def swapped(pool: Node) -> Value | None:
        relu = pool.inputs[0].node
        if relu is None or relu.op != "Relu" or relu.output in kept or len(readers[relu.output]) != 1:
            return None
        (x,) = rewriter.inputs(relu)
        smaller = rewriter.builder(pool.origin).MaxPool(x, **pool.attributes)
        return rewriter.builder(relu.origin).Relu(smaller)

    for node in graph.nodes:
        made = swapped(node) if node.op == "MaxPool" else None
        if made is None:
            rewriter.keep(node)
        else:
            rewriter.replace(node.outputs, (made,))
    return rewriter.finish()
