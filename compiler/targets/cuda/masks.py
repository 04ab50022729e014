"""A product with a mask as a choice: one kernel reads the condition, where converting it first takes another pass."""

from __future__ import annotations

from netc.compiler.ir import DType, Graph, Value
from netc.compiler.passes.rewriter import Rewriter


def masks_as_choices(graph: Graph) -> Graph:
    """Write v * Cast(condition) as Where(condition, v, 0)."""
    rewriter = Rewriter(graph)
    for node in graph.nodes:
        condition = _condition(node.inputs) if node.op == "Mul" else None
        if condition is None:
            rewriter.keep(node)
            continue
        mask, other = condition
        g = rewriter.builder(node.origin)
        value = rewriter.now(node.inputs[other])
        rewriter.replace(node.outputs, (g.Where(rewriter.now(mask), value, g.constant(0.0, value.dtype)),))
    return rewriter.finish()


def _condition(factors: tuple[Value, ...]) -> tuple[Value, int] | None:
    """The condition behind one of two factors, and the number of the other, whose shape the product has."""
    for at, factor in enumerate(factors):
        node, other = factor.node, factors[1 - at]
        if node is None or node.op != "Cast" or node.inputs[0].dtype != DType.BOOL:
            continue
        if factor.shape == other.shape and factor.dtype == other.dtype:
            return node.inputs[0], 1 - at
    return None
