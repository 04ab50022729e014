"""Sums, products and largest numbers along axes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from netc.compiler.importing.axes import reduced_axes
from netc.compiler.importing.findings import LIMITS, too_large, unsupported
from netc.compiler.importing.folding import folds, held
from netc.compiler.importing.records import Array, ForeignNode


@folds("ReduceProd", "ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin")
def _reduce(node: ForeignNode, x: Array, axes: Array | None = None) -> Array:
    reduce: Any = {
        "ReduceProd": np.prod,
        "ReduceSum": np.sum,
        "ReduceMean": np.mean,
        "ReduceMax": np.max,
        "ReduceMin": np.min,
    }[node.op]
    along = reduced_axes(node, axes, x.ndim)
    if along is None:
        return x
    found = reduce(x, axis=along, keepdims=bool(node.attributes.get("keepdims", 1)))
    return np.asarray(found, dtype=x.dtype)


@folds("MatMul")
def _matmul(node: ForeignNode, a: Array, b: Array) -> Array:
    steps = math.prod(np.broadcast_shapes(a.shape[:-2], b.shape[:-2])) * math.prod((*a.shape[-2:], *b.shape[-1:]))
    if steps > LIMITS["steps"]:
        raise too_large("steps of a product of constants", steps, LIMITS["steps"])
    return held(a) @ held(b)


@folds("CumSum")
def _cumsum(node: ForeignNode, x: Array, axis: Array) -> Array:
    if node.attributes.get("reverse", 0) or node.attributes.get("exclusive", 0):
        raise unsupported("a cumulative sum of constants runs backwards", node=node)
    return np.cumsum(held(x), int(axis.item())).astype(x.dtype)
