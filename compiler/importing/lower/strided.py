"""Views by strides: exporters gather them from all numbers in a row. One that leaves nothing out is a reshape."""

from __future__ import annotations

import numpy as np

from netc.compiler.importing.flows import Flow, transposed
from netc.compiler.importing.lower.shapes import to_shape
from netc.compiler.importing.lowering import LAYER, Known, Lowering
from netc.compiler.importing.records import Array, Constant
from netc.compiler.ir import BATCH, Shape, Size, Value, product

Regular = tuple[int, tuple[int, ...]]
"""Numbers that count up regularly: the first one, and by how much they grow along each axis."""


def viewed(g: Lowering, row: Flow, index: Known) -> Flow | None:
    """All numbers of a row in the shape and the order of regular places; None where the places are other ones."""
    if row.rank != 1:
        return None
    found = _of_array(index.array) if isinstance(index, Constant) else _of_flow(index)
    if found is None or found[0] != 0:
        return None
    sizes: Shape = index.array.shape if isinstance(index, Constant) else index.shape
    steps = [0 if size == 1 else step for size, step in zip(sizes, found[1], strict=True)]
    order = sorted(range(len(sizes)), key=lambda at: -steps[at])
    count: Size = 1
    for at in reversed(order):
        if sizes[at] != 1 and steps[at] != count:
            return None
        count = count * (g.batch if sizes[at] == BATCH else sizes[at])
    if count != product(tuple(g.batch if size == BATCH else size for size in row.value.shape)):
        return None
    y = to_shape(g, row, [sizes[at] for at in order])
    return transposed(y, [order.index(at) for at in range(len(order))])


def _of_array(array: Array) -> Regular | None:
    if array.dtype.hasobject or array.size == 0:
        return None
    first = int(array.flat[0])
    second = (np.take(array, min(1, size - 1), axis).flat[0] for axis, size in enumerate(array.shape))
    steps = tuple(int(number) - first for number in second)
    whole: Array = np.full(array.shape, first)
    for axis, (step, size) in enumerate(zip(steps, array.shape, strict=True)):
        whole += (step * np.arange(size)).reshape(-1, *(1,) * (array.ndim - 1 - axis))
    return (first, steps) if np.array_equal(whole, array) else None


def _of_flow(flow: Flow) -> Regular | None:
    found = _of_value(flow.value)
    if found is None or any(len(axis) > 1 for axis in flow.axes):
        return None
    first, steps = found
    return first, tuple(steps[axis[0]] if axis else 0 for axis in flow.axes)


def _of_value(value: Value) -> Regular | None:
    """What a value counts, by the operators that it is made with."""
    node = value.node
    if node is None:
        return None
    said = node.attributes
    if node.op == LAYER and said["word"] == "arange":
        start, step = (said["arguments"].get(name, default) for name, default in (("start", 0), ("step", 1)))
        return (start, (step,)) if isinstance(start, int) and isinstance(step, int) else None
    if node.op == "Constant" and value.rank == 0:
        return int(said["value"].values[0]), ()
    made = [_of_value(source) for source in node.inputs]
    parts = [part for part in made if part is not None]
    if len(parts) < len(made):
        return None
    if node.op == "Reshape":
        return _reshaped(parts[0], node.inputs[0].shape, value.shape)
    if node.op in ("Add", "Mul"):
        (a, x), (b, y) = ((first, (*(0,) * (value.rank - len(steps)), *steps)) for first, steps in parts)
        if node.op == "Add":
            return a + b, tuple(map(sum, zip(x, y, strict=True)))
        if any(x) and any(y):
            return None
        return a * b, tuple(one * b + other * a for one, other in zip(x, y, strict=True))
    return None


def _reshaped(found: Regular, before: Shape, after: Shape) -> Regular | None:
    """The same numbers with axes of size 1 put between or taken away."""
    first, steps = found
    kept = [(size, step) for size, step in zip(before, steps, strict=True) if size != 1]
    if [size for size, _ in kept] != [size for size in after if size != 1]:
        return None
    left = iter(kept)
    return first, tuple(0 if size == 1 else next(left)[1] for size in after)
