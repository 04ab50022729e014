"""Large products of matrices that are added to what is there already: one Gemm, and no tensor for the product."""

from __future__ import annotations

from netc.compiler.ir import Graph, Node, Tensor, Value, product
from netc.compiler.passes.rewriter import Rewriter

LARGE = 1 << 20
"""Elements from which on it pays; updates of smaller parameters are stacked instead."""


def accumulated_products(graph: Graph) -> Graph:
    """a b + beta c as one Gemm, where c is an input of the graph and of the product's shape.

    Momentum's v = momentum v + gradient of a dense layer is that: neither the gradient nor momentum v is ever stored,
    and v may be written where it was read. So is a gradient with its weight decay.
    """
    rewriter = Rewriter(graph)
    readers = graph.consumers()
    kept = set(graph.outputs.values())
    done: set[Node] = set()
    for node in graph.nodes:
        if node in done:
            continue
        after = readers.get(node.outputs[0], []) if is_large(node) and node.outputs[0] not in kept else []
        added = scaled_source(after[0], node.output) if len(after) == 1 else None
        if added is None:
            rewriter.keep(node)
            continue
        source, beta = added
        a, b = rewriter.inputs(node)
        flags = {"left": node.attributes["left"], "right": node.attributes["right"]}
        made = rewriter.builder(node.origin).Gemm(a, b, source, **flags, beta=beta)
        rewriter.replace(after[0].outputs, (made,))
        done.add(after[0])
    return rewriter.finish()


def is_large(node: Node) -> bool:
    """Whether a node is a product of two matrices without a bias, with a large result."""
    if node.op != "Gemm" or len(node.inputs) != 2:
        return False
    size = product(node.output.shape)
    return isinstance(size, int) and size >= LARGE


def scaled_source(node: Node, other: Value) -> tuple[Value, float] | None:
    """c and beta, where a node adds beta c to `other` and c is there from the start."""
    if node.op != "Add" or node.inputs[0] is node.inputs[1] or any(v.shape != other.shape for v in node.inputs):
        return None
    added = node.inputs[1] if node.inputs[0] is other else node.inputs[0]
    if added.node is None:
        return added, 1.0
    if added.node.op != "Mul":
        return None
    x, y = added.node.inputs
    for source, factor in ((x, number_in(y)), (y, number_in(x))):
        if factor is not None and source.node is None and source.shape == other.shape:
            return source, factor
    return None


def number_in(value: Value) -> float | None:
    """The number that a literal scalar is."""
    if value.node is None or value.node.op != "Constant" or value.shape:
        return None
    literal = value.node.attributes["value"]
    assert isinstance(literal, Tensor), "a constant holds a tensor"
    return float(literal.values[0])
