"""Computes arithmetic on small constants while compiling."""

from __future__ import annotations

import math

from netc.compiler.ir import Graph, Node, Tensor, Value
from netc.compiler.ops import get_op
from netc.compiler.passes.rewriter import Rewriter

LARGEST = 64
"""Results with more elements stay arithmetic: they are small in the graph and large as data."""


def constant_folding(graph: Graph) -> Graph:
    """The graph with arithmetic between constants of at most 64 elements replaced by its result."""
    rewriter = Rewriter(graph)
    for node in graph.nodes:
        folded = _fold(node, rewriter)
        if folded is None:
            rewriter.keep(node)
        else:
            rewriter.replace(node.outputs, (rewriter.builder(node.origin).Constant(value=folded),))
    return rewriter.finish()


def _fold(node: Node, rewriter: Rewriter) -> Tensor | None:
    function = get_op(node.op).fold
    if function is None:
        return None
    shape = node.output.shape
    tensors = []
    for value in node.inputs:
        tensor = _literal(rewriter.now(value))
        if tensor is None or tensor.shape not in ((), shape):
            return None
        tensors.append(tensor)
    sizes = tuple(size for size in shape if isinstance(size, int))
    count = math.prod(sizes)
    if len(sizes) != len(shape) or count > LARGEST:
        return None
    number = float if node.output.dtype.is_float else int  # a literal of floats may be written as whole numbers
    columns = [tuple(map(number, tensor.values)) * (count if tensor.shape == () else 1) for tensor in tensors]
    try:
        values = tuple(function(*row) for row in zip(*columns, strict=True))
    except (ZeroDivisionError, OverflowError, ValueError):
        return None
    return Tensor(node.output.dtype, sizes, values)


def _literal(value: Value) -> Tensor | None:
    if value.node is None or value.node.op != "Constant":
        return None
    tensor = value.node.attributes["value"]
    assert isinstance(tensor, Tensor)
    return tensor
