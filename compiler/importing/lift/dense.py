"""Products with weights, and with each other."""

from __future__ import annotations

import numpy as np

from netc.compiler.importing.calls import Call
from netc.compiler.importing.lifting import MIDDLE, SMALL, Lifting, lifts
from netc.compiler.importing.lowering import Weight
from netc.compiler.importing.records import derived
from netc.compiler.ir import Node, Value, is_batched


@lifts("Add")
def with_bias(m: Lifting, node: Node) -> Call | None:
    """MatMul + Add of a vector."""
    for product, bias in (node.inputs, node.inputs[::-1]):
        multiply = m.made(product, "MatMul")
        array = m.array(bias)
        if multiply is not None and array is None and product.shape[-1] == 1 and (one := m.number(bias)) is not None:
            array = np.array([one], np.float32)  # the only number of a layer with one feature is no less trained
        if multiply is None or array is None or array.size != product.shape[-1] or array.shape[-1] != array.size:
            continue
        found = _weight(m, multiply)
        if found is not None:
            key = derived(m.lowering.weights[bias].key if bias in m.lowering.weights else found.key, "bias")
            weights = {"weight": found, "bias": Weight(key, np.ascontiguousarray(array.reshape(-1)))}
            return m.call("dense", node, multiply.inputs[0], weights=weights, features=array.size)
    return None


@lifts("MatMul", size=MIDDLE)
def without_bias(m: Lifting, node: Node) -> Call | None:
    found = _weight(m, node)
    if found is None:
        return None
    return m.call("dense", node, node.inputs[0], weights={"weight": found}, features=found.array.shape[0], bias=False)


def _weight(m: Lifting, multiply: Node) -> Weight | None:
    x, matrix = multiply.inputs
    array = m.array(matrix)
    if array is None or array.ndim != 2 or not is_batched(x) or x.rank == 4:
        return None
    return m.weight(matrix, array.T, "T")


@lifts("MatMul", size=SMALL)
def product(m: Lifting, node: Node) -> Call:
    a, b = node.inputs
    return m.call("matmul", node, a, b)


def transposed(m: Lifting, value: Value) -> Value | None:
    """What a value is the transpose of, the last two axes exchanged."""
    node = m.made(value, "Transpose")
    if node is None:
        return None
    axes = list(range(value.rank))
    axes[-2:] = axes[:-3:-1]
    return node.inputs[0] if tuple(axes) == tuple(node.attributes["axes"]) else None
