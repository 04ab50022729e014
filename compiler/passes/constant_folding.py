"""Computes arithmetic on small constants while compiling."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from netc.compiler.ir import DType, Graph, Node, Tensor, Value
from netc.compiler.passes.rewriter import Rewriter

LARGEST = 64
"""Results with more elements stay arithmetic: they are small in the graph and large as data."""


def constant_folding(graph: Graph) -> Graph:
    """The graph with arithmetic between constants of at most 64 elements replaced by its result."""
    rewriter = Rewriter(graph)
    for node in graph.nodes:
        folded = _fold(node, rewriter.inputs(node))
        if folded is None:
            rewriter.keep(node)
        else:
            rewriter.replace(node.outputs, (rewriter.builder(node.origin).Constant(value=folded),))
    return rewriter.finish()


def _fold(node: Node, inputs: tuple[Value, ...]) -> Tensor | None:
    function = _INTEGER.get(node.op) if node.outputs[0].dtype == DType.INT64 else _FLOAT.get(node.op)
    if function is None or not inputs:
        return None
    tensors = [_literal(value) for value in inputs]
    shape = node.output.shape
    if any(tensor is None or (tensor.shape not in ((), shape)) for tensor in tensors):
        return None
    sizes = tuple(size for size in shape if isinstance(size, int))
    count = math.prod(sizes)
    if len(sizes) != len(shape) or count > LARGEST:
        return None
    columns = [tensor.values * (count if tensor.shape == () else 1) for tensor in tensors if tensor is not None]
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


_COMMON: Mapping[str, Callable[..., Any]] = {
    "Add": lambda a, b: a + b,
    "Sub": lambda a, b: a - b,
    "Mul": lambda a, b: a * b,
    "Neg": lambda a: -a,
    "Max": max,
    "Min": min,
}
_FLOAT: Mapping[str, Callable[..., Any]] = {
    **_COMMON,
    "Div": lambda a, b: a / b,
    "Sqrt": math.sqrt,
    "Reciprocal": lambda a: 1.0 / a,
}
_INTEGER: Mapping[str, Callable[..., Any]] = _COMMON
