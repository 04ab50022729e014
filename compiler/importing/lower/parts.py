"""Joints, parts and slices along an axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netc.compiler.importing.axes import equal_sizes, slices_of
from netc.compiler.importing.findings import unsupported
from netc.compiler.importing.flows import ApartError, Flow, placed, reshaped
from netc.compiler.importing.lowering import Lowering, lowers
from netc.compiler.importing.records import Array, ForeignNode
from netc.compiler.ir import BATCH, Size, Undecided


@lowers("Concat")
def concat(g: Lowering, node: ForeignNode) -> Flow:
    flows = [g.flow(node, at) for at in range(len(node.inputs))]
    axis = flows[0].axis(node.attributes.get("axis", 1))
    return joined_along(g, [flow for flow in flows if flow.shape[axis] != 0], axis)


def joined_along(g: Lowering, flows: Sequence[Flow], axis: int) -> Flow:
    """Tensors joined along a foreign axis."""
    if len(flows) == 1:
        return flows[0]
    if any(flow.batch == axis for flow in flows):
        raise ApartError("it joins examples")
    laid = [_open(g, flow, axis) for flow in flows]
    first = laid[0]
    if any(flow.axes != first.axes or flow.value.rank != first.value.rank for flow in laid):
        laid = [placed(g.b, flow) for flow in flows]
        batch = next((flow.batch for flow in laid if flow.batch is not None), None)
        laid = [_like(g, flow, batch) for flow in laid]
        first = laid[0]
    return Flow(g.b.Concat(*(flow.value for flow in laid), axis=first.axes[axis][0]), first.axes)


def _open(g: Lowering, flow: Flow, axis: int) -> Flow:
    """The flow with a foreign axis as one of its value's."""
    return flow if len(flow.axes[axis]) == 1 else placed(g.b, flow)


def _like(g: Lowering, flow: Flow, batch: int | None) -> Flow:
    """An unbatched flow laid out as its batched company."""
    if batch is None or flow.batch is not None:
        return flow
    if flow.shape[batch] != 1:
        raise ApartError("the batch does not fit")
    rest = [at for at in range(flow.rank) if at != batch]
    value = g.b.Reshape(flow.value, shape=tuple(flow.value.shape[flow.axes[at][0]] for at in rest))
    value = g.b.Expand(g.b.Reshape(value, shape=(1, *value.shape)), shape=(BATCH, *value.shape))
    place = iter(range(1, flow.rank))
    return Flow(value, tuple((0,) if at == batch else (next(place),) for at in range(flow.rank)))


@lowers("Split")
def split(g: Lowering, node: ForeignNode) -> list[Flow]:
    x = g.flow(node)
    axis = x.axis(node.attributes.get("axis", 0))
    x, part = along(g, x, axis)
    found, size = g.constant(node, 1), x.value.shape[part]
    given = node.attributes.get("split") if found is None else found.array.ravel().tolist()
    if given is None:
        if not isinstance(size, int):
            raise unsupported("parts of an axis that only a run knows", node=node)
        given = equal_sizes(size, len(node.outputs))
    if len(given) == 1:
        return [x]
    values = g.b.add("Split", (x.value,), {"axis": part, "sizes": tuple(int(length) for length in given)})
    return [Flow(value, x.axes) for value in values]


def along(g: Lowering, x: Flow, axis: int) -> tuple[Flow, int]:
    """The flow with a foreign axis as one of its value's, and which; the batch is refused."""
    if axis == x.batch:
        raise ApartError("it works along the batch")
    if len(x.axes[axis]) != 1:
        groups = _runs(x, axis)
        x = reshaped(g.b, x, groups) if groups is not None else placed(g.b, x)
    return x, x.axes[axis][0]


def _runs(x: Flow, axis: int) -> list[list[int]] | None:
    """The value's axes with those of a foreign axis together, where they are neighbours."""
    parts = x.axes[axis]
    if not parts or list(parts) != list(range(parts[0], parts[0] + len(parts))):
        return None
    groups = [[at] for at in range(x.value.rank) if at not in parts]
    groups.insert(parts[0], list(parts))
    return groups


@lowers("Slice")
def slices(g: Lowering, node: ForeignNode) -> Flow:
    x = g.flow(node)
    given: list[Array | None] = []
    for at in range(1, len(node.inputs)):
        found = g.constant(node, at)
        given.append(None if found is None else found.array)
    for axis, start, stop, step in slices_of(node, given, x.rank):
        x = cut(g, node, x, axis, start, stop, int(step))
    return x


def cut(g: Lowering, node: ForeignNode, x: Flow, axis: int, start: Any, stop: Any, step: int = 1) -> Flow:
    """Elements start to stop of a foreign axis, as ONNX counts them."""
    size = x.shape[axis]
    start, stop = _place(start, size), _place(stop, size)
    if start == 0 and stop == size and step == 1:
        return x
    if step < 1:
        raise unsupported("a slice that runs backwards", node=node)
    if axis == x.batch:
        raise ApartError("it takes some of the examples")
    x, part = along(g, x, axis)
    return Flow(g.b.Slice(x.value, starts=(start,), stops=(stop,), axes=(part,), steps=(step,)), x.axes)


def _place(at: Any, size: Size) -> Size:
    """A place on an axis: from the front, and on it."""
    if isinstance(at, int) and at >= 2**31 - 1:
        return size
    try:
        if at < 0:
            at = max(at + size, 0) if isinstance(size, int) else at + size
        if isinstance(at, int) and isinstance(size, int):
            return min(at, size)
    except Undecided:
        pass
    result: Size = at
    return result
