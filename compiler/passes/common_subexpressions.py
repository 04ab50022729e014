"""Computes equal things once. Operators are pure, so the same operator on the same inputs gives the same values."""

from __future__ import annotations

from collections.abc import Hashable

from netc.compiler.ir import DType, Graph, Node, Value
from netc.compiler.ir.structure import exact
from netc.compiler.passes.rewriter import Rewriter


def common_subexpressions(graph: Graph) -> Graph:
    """The graph with each computation once: a later equal node gives way to the first.

    A tensor of 16 bits that is cast to float32 twice is not: the wide copy would be kept from the forward to the
    backward pass, in the memory that the narrow one is there to save.
    """
    rewriter = Rewriter(graph)
    first: dict[Hashable, tuple[Value, ...]] = {}
    for node in graph.nodes:
        if _widens(node):
            rewriter.keep(node)
            continue
        key = _key(node, rewriter.inputs(node))
        known = first.get(key)
        if known is None:
            first[key] = rewriter.keep(node).outputs
        else:
            rewriter.replace(node.outputs, known)
    return rewriter.finish()


def _widens(node: Node) -> bool:
    return node.op == "Cast" and node.inputs[0].dtype in (DType.FLOAT16, DType.BFLOAT16)


def _key(node: Node, inputs: tuple[Value, ...]) -> Hashable:
    return node.op, inputs, tuple((name, exact(value)) for name, value in node.attributes.items())
