"""The same numbers in another shape, in another order, side by side."""

from __future__ import annotations

import math

import numpy as np

from netc.compiler.importing.axes import axes_of, equal_sizes
from netc.compiler.importing.folding import folds, held, limited
from netc.compiler.importing.records import Array, ForeignNode


@folds("Reshape")
def _reshape(node: ForeignNode, x: Array, shape: Array | None = None) -> Array:
    wanted = list(shape.ravel().tolist() if shape is not None else node.attributes["shape"])
    if not node.attributes.get("allowzero", 0):
        wanted = [x.shape[at] if size == 0 else size for at, size in enumerate(wanted)]
    sizes = [int(size) for size in wanted]
    one = x.size and not any(stride for stride, size in zip(x.strides, x.shape, strict=True) if size > 1)
    if one and math.prod(sizes) == x.size:
        return np.broadcast_to(x.flat[:1].reshape(()), sizes)
    return held(x).reshape(sizes)


@folds("Flatten")
def _flatten(node: ForeignNode, x: Array) -> Array:
    axis = node.attributes.get("axis", 1)
    axis += x.ndim if axis < 0 else 0
    return held(x).reshape(math.prod(x.shape[:axis]), -1)


@folds("Transpose")
def _transpose(node: ForeignNode, x: Array) -> Array:
    return x.transpose(node.attributes.get("perm"))


@folds("Squeeze")
def _squeeze(node: ForeignNode, x: Array, axes: Array | None = None) -> Array:
    return np.squeeze(x, axes_of(node, axes, x.ndim))


@folds("Unsqueeze")
def _unsqueeze(node: ForeignNode, x: Array, axes: Array | None = None) -> Array:
    count = len(node.attributes.get("axes", ()) if axes is None else axes.ravel())
    return np.expand_dims(x, axes_of(node, axes, x.ndim + count) or ())


@folds("Expand")
def _expand(node: ForeignNode, x: Array, shape: Array) -> Array:
    return np.broadcast_to(x, np.broadcast_shapes(x.shape, limited(shape.ravel(), "repeated")))


@folds("Tile")
def _tile(node: ForeignNode, x: Array, repeats: Array) -> Array:
    limited([size * int(times) for size, times in zip(x.shape, repeats.ravel(), strict=True)])
    return np.tile(x, repeats.ravel().tolist())


@folds("Concat")
def _concat(node: ForeignNode, *arrays: Array) -> Array:
    limited([sum(array.size for array in arrays)])
    return np.concatenate(arrays, node.attributes.get("axis", 1))


@folds("Split")
def _split(node: ForeignNode, x: Array, sizes: Array | None = None) -> tuple[Array, ...]:
    axis = node.attributes.get("axis", 0)
    given = node.attributes.get("split") if sizes is None else sizes.ravel().tolist()
    if given is None:
        given = equal_sizes(x.shape[axis], len(node.outputs))
    cuts = np.cumsum([int(size) for size in given])[:-1]
    return tuple(np.split(x, cuts, axis))
