"""Some of the numbers, and numbers put in some places."""

from __future__ import annotations

import math

import numpy as np

from netc.compiler.importing.axes import slices_of
from netc.compiler.importing.findings import unsupported
from netc.compiler.importing.folding import folds, held, limited
from netc.compiler.importing.records import Array, ForeignNode

REDUCTIONS = {"add": np.add, "mul": np.multiply, "max": np.maximum, "min": np.minimum}
"""What becomes of a number that others are put in the place of, by the word of it."""


@folds("Gather")
def _gather(node: ForeignNode, x: Array, index: Array) -> Array:
    axis = node.attributes.get("axis", 0)
    limited([index.size * (x.size // x.shape[axis]) if x.shape[axis] else 0])
    return np.take(x, index.astype(np.int64), axis)


@folds("GatherND")
def _gather_places(node: ForeignNode, x: Array, index: Array) -> Array:
    if node.attributes.get("batch_dims", 0):
        raise unsupported("it picks from constants for each of a batch", node=node)
    limited([index[..., 0].size * math.prod(x.shape[index.shape[-1] :])])
    return np.asarray(x[tuple(np.moveaxis(index, -1, 0))])


@folds("Slice")
def _slice(node: ForeignNode, x: Array, *given: Array | None) -> Array:
    found = [slice(None)] * x.ndim
    for axis, start, stop, step in slices_of(node, given, x.ndim):
        found[axis] = slice(int(start), None if step < 0 and stop < -x.shape[axis] else int(stop), step)
    return np.asarray(x[tuple(found)])


@folds("ScatterND")
def _scatter(node: ForeignNode, x: Array, index: Array, updates: Array) -> Array:
    found, places = np.array(held(x)), tuple(np.moveaxis(index, -1, 0))
    how = node.attributes.get("reduction", "none")
    if how == "none":
        found[places] = updates
    else:
        REDUCTIONS[how].at(found, places, updates)
    return found
