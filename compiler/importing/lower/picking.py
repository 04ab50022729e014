"""What is picked by numbers: places along an axis, rows of a table, classes."""

from __future__ import annotations

from typing import Any

import numpy as np

from netc.compiler.importing.findings import unsupported
from netc.compiler.importing.flows import Flow, placed, with_axes, without_axes
from netc.compiler.importing.lower.parts import cut, joined_along
from netc.compiler.importing.lower.strided import viewed
from netc.compiler.importing.lowering import Known, Lowering, Weight, lowers
from netc.compiler.importing.records import Array, Constant, ForeignNode
from netc.compiler.ir import is_batched, product
from netc.grammar.counted import counted


@lowers("Gather")
def gather(g: Lowering, node: ForeignNode) -> Flow:
    table, index = g.at(node, 0), g.at(node, 1)
    axis = node.attributes.get("axis", 0)
    if isinstance(table, Constant):
        return embedded(g, node, table, index, axis)
    axis = table.axis(axis)
    view = viewed(g, table, index)
    if view is not None:
        return view
    if isinstance(index, Flow):
        x = placed(g.b, table)
        if index.batch is None and x.batch is not None and axis != x.batch:
            part = x.axes[axis][0]
            flat = placed(g.b, index)
            value = g.b.Gather(x.value, flat.value, axis=part)
            if flat.rank == 1:
                return Flow(value, x.axes)
        raise unsupported("it picks by numbers of the data from what flows", node=node)
    return _picked(g, node, table, axis, index.array)


def _picked(g: Lowering, node: ForeignNode, x: Flow, axis: int, index: Array) -> Flow:
    """Slices of what flows by known numbers: one of them, or a run of them."""
    numbers = [int(item) for item in index.ravel()] if not index.dtype.hasobject or index.size == 1 else None
    size = x.shape[axis]
    if numbers is None or (len(numbers) != 1 and not isinstance(size, int)):
        raise unsupported("numbers that only a run knows", node=node)
    start = [item if item >= 0 or not isinstance(size, int) else item + size for item in numbers]
    if len(start) == 1:
        stop: Any = start[0] + 1 if start[0] != -1 else 2**31
        y = cut(g, node, x, axis, start[0], stop)
        if index.ndim == 0:
            return without_axes(g.b, y, [axis])
        return y if index.ndim == 1 else with_axes(y, [axis] * (index.ndim - 1))
    steps = set(np.diff(start).tolist())
    if index.ndim == 1 and len(steps) == 1 and min(steps) > 0:
        return cut(g, node, x, axis, start[0], start[-1] + 1, steps.pop())
    if index.ndim == 1 and len(start) <= 64:
        return joined_along(g, [cut(g, node, x, axis, at, at + 1) for at in start], axis)
    raise unsupported(f"it picks {counted(len(start), 'place')} in an order of its own", node=node)


def embedded(g: Lowering, node: ForeignNode, table: Constant, index: Known, axis: int) -> Flow:
    """Rows of a table by numbers that flow: an embedding."""
    flow = index if isinstance(index, Flow) else g.as_flow(index)
    if table.array.ndim != 2 or axis % max(table.array.ndim, 1) != 0 or table.array.dtype != np.float32:
        raise unsupported("it looks up something other than rows of a table of real numbers", node=node)
    rows, width = table.array.shape
    weights = {"weight": Weight(table.key, table.array)}
    if flow.batch is None:
        flow = placed(g.b, flow)
    value = g.layer("embedding", [flow.value], (*flow.value.shape, width), {"rows": rows, "width": width}, weights)
    return Flow(value, (*flow.axes, (flow.value.rank,)))


@lowers("GatherND")
def gather_places(g: Lowering, node: ForeignNode) -> Flow:
    """Slices by places along one axis or several, which are counted as one."""
    data, index, apart = g.at(node, 0), g.flow(node, 1), node.attributes.get("batch_dims", 0)
    count = index.shape[-1]
    if not isinstance(count, int):
        raise unsupported("places along as many axes as only a run knows", node=node)
    if isinstance(data, Constant) and apart == 0 and count == 1:
        return embedded(g, node, data, without_axes(g.b, index, [-1]), 0)
    x, places = g.value(node, 0), g.value(node, 1)
    first = int(is_batched(x))
    if first != apart or first != int(is_batched(places)):
        raise unsupported("it picks by places in the whole batch", node=node)
    sizes = x.shape[first : first + count]
    one: Any = None
    for at, size in enumerate(sizes):
        part = g.b.Slice(places, starts=(at,), stops=(at + 1,), axes=(places.rank - 1,), steps=(1,))
        flat = g.b.Reshape(part, shape=places.shape[:-1])
        one = flat if one is None else g.b.Add(g.b.Mul(one, size), flat)
    rows = g.b.Reshape(x, shape=(*x.shape[:first], product(sizes), *x.shape[first + count :])) if count > 1 else x
    return Flow.of(g.b.GatherEach(rows, one) if first else g.b.Gather(rows, one, axis=0))


@lowers("GatherElements")
def gather_elements(g: Lowering, node: ForeignNode) -> Flow:
    """Elements of vectors by their places: of each example its own."""
    x, index = g.value(node, 0), g.value(node, 1)
    if x.rank != 2 or node.attributes.get("axis", 0) not in (1, -1) or not (is_batched(x) and is_batched(index)):
        raise unsupported("it picks elements of more than vectors", node=node)
    return Flow.of(g.b.GatherEach(x, index))


@lowers("OneHot")
def one_hot(g: Lowering, node: ForeignNode) -> Flow:
    x, depth, values = g.flow(node), g.number(node, 1), g.constant(node, 2)
    assert depth is not None
    assert values is not None
    if values.array.ravel().tolist() != [0, 1] or node.attributes.get("axis", -1) not in (-1, x.rank):
        raise unsupported("values other than 0 and 1 along a last axis", node=node)
    value = g.layer("one_hot", [x.value], (*x.value.shape, int(depth)), {"classes": int(depth)})
    return Flow(value, (*x.axes, (x.value.rank,)))


@lowers("ArrayFeatureExtractor", domain="ai.onnx.ml")
def extracted(g: Lowering, node: ForeignNode) -> Flow:
    """The names of classes by their numbers; those that are called by their numbers stay numbers."""
    table, index = g.constant(node, 0), g.flow(node, 1)
    assert table is not None
    if not np.array_equal(table.array.ravel(), np.arange(table.array.size)):
        raise unsupported(
            "classes that are not called 0, 1, 2, …", "export the scores alone: `zipmap`, `raw_scores`", node
        )
    return Flow(index.value, ((), tuple(part for axis in index.axes for part in axis)))
