"""Arrays that are made of sizes, or of nothing."""

from __future__ import annotations

import math

import numpy as np

from netc.compiler.importing.findings import unsupported
from netc.compiler.importing.folding import folds, held, limited
from netc.compiler.importing.records import Array, ForeignNode


@folds("Constant")
def _constant(node: ForeignNode) -> Array:
    for name, dtype in (
        ("value_int", "int64"),
        ("value_ints", "int64"),
        ("value_float", "float32"),
        ("value_floats", "float32"),
    ):
        if name in node.attributes:
            return np.asarray(node.attributes[name], dtype=dtype)
    if "value" in node.attributes:
        return np.asarray(node.attributes["value"])
    raise unsupported("it is a constant of texts, or of another kind that networks here do not have", node=node)


@folds("ConstantOfShape")
def _filled(node: ForeignNode, shape: Array) -> Array:
    value = np.asarray(node.attributes.get("value", np.zeros(1, np.float32))).reshape(())
    return np.broadcast_to(value, limited(shape.ravel(), "repeated"))  # of one number: no memory


@folds("Range")
def _range(node: ForeignNode, start: Array, stop: Array, step: Array) -> Array:
    count = max(0, math.ceil((stop.item() - start.item()) / step.item()))
    (size,) = limited([count])
    return np.asarray(start.item() + np.arange(size) * step.item(), dtype=start.dtype)


@folds("EyeLike")
def _eye(node: ForeignNode, x: Array) -> Array:
    from netc.compiler.importing.protobuf import element_type

    rows, columns = limited(x.shape)
    said = node.attributes.get("dtype")
    dtype = x.dtype if said is None else np.dtype(element_type(said, node.shown()))
    return np.eye(rows, columns, k=int(node.attributes.get("k", 0)), dtype=dtype)


@folds("Trilu")
def _triangle(node: ForeignNode, x: Array, k: Array | None = None) -> Array:
    cut = np.triu if node.attributes.get("upper", 1) else np.tril
    return cut(held(x), 0 if k is None else int(k))


@folds("Shape")
def _shape(node: ForeignNode, x: Array) -> Array:
    return np.array(x.shape, np.int64)[node.attributes.get("start", 0) : node.attributes.get("end")]


@folds("Size")
def _size(node: ForeignNode, x: Array) -> Array:
    return np.asarray(x.size, np.int64)


@folds("NonZero")
def _nonzero(node: ForeignNode, x: Array) -> Array:
    return np.array(np.nonzero(held(x)), np.int64)
