"""Shapes and axes, parts and joints: what moves elements and changes none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from netc.compiler.importing.findings import unsupported
from netc.compiler.importing.flows import (
    ApartError,
    Flow,
    placed,
    refolded,
    reshaped,
    transposed,
    with_axes,
    without_axes,
)
from netc.compiler.importing.folding import axes_of, slices_of
from netc.compiler.importing.lowering import Known, Lowering, Weight, lowers
from netc.compiler.importing.records import Array, Constant, ForeignNode, settled
from netc.compiler.ir import BATCH, DType, Size, Undecided, product
from netc.grammar.counted import counted


@lowers("Shape")
def shape_of(g: Lowering, node: ForeignNode) -> Constant:
    x = g.flow(node)
    sizes = [g.batch if at == x.batch and size == BATCH else size for at, size in enumerate(x.shape)]
    array = np.empty(len(sizes), object)
    array[:] = sizes
    cut = array[node.attributes.get("start", 0) : node.attributes.get("end")]
    return Constant(settled(cut), node.outputs[0])


@lowers("Size")
def size_of(g: Lowering, node: ForeignNode) -> Constant:
    array = np.empty((), object)
    array[()] = product(g.flow(node).shape)
    return Constant(settled(array), node.outputs[0])


def _sizes(g: Lowering, node: ForeignNode, at: int) -> tuple[Size, ...]:
    found = g.constant(node, at)
    assert found is not None
    return found.sizes()


@lowers("Reshape")
def reshape(g: Lowering, node: ForeignNode) -> Flow:
    x = g.flow(node)
    target = list(_sizes(g, node, 1) if len(node.inputs) > 1 else node.attributes["shape"])
    if not node.attributes.get("allowzero", 0):
        target = [x.shape[at] if size == 0 else size for at, size in enumerate(target)]
    return to_shape(g, x, target)


def to_shape(g: Lowering, x: Flow, target: list[Size]) -> Flow:
    """Another foreign shape; -1 stands for what follows from the others."""
    batch = g.batch
    known = [g.batch if size == BATCH else size for size in target]
    total = product(tuple(batch if size == BATCH else size for size in x.value.shape))
    for at, size in enumerate(known):
        if isinstance(size, int) and size == -1:
            others = product(tuple(other for place, other in enumerate(known) if place != at))
            missing = total // others
            if missing * others != total:
                raise ApartError(f"{list(x.shape)} does not make {target}")
            known[at] = missing
    return refolded(g.b, x, known, batch)


@lowers("Flatten")
def flatten(g: Lowering, node: ForeignNode) -> Flow:
    x, axis = g.flow(node), node.attributes.get("axis", 1)
    axis += x.rank if axis < 0 else 0
    sizes = [g.batch if size == BATCH else size for size in x.shape]
    return to_shape(g, x, [product(tuple(sizes[:axis])), product(tuple(sizes[axis:]))])


@lowers("Transpose")
def transpose(g: Lowering, node: ForeignNode) -> Flow:
    x = g.flow(node)
    return transposed(x, node.attributes.get("perm", range(x.rank)[::-1]))


def _given_axes(g: Lowering, node: ForeignNode, rank: int) -> tuple[int, ...] | None:
    found = g.constant(node, 1)
    return axes_of(node, None if found is None else found.array, rank)


@lowers("Unsqueeze")
def unsqueeze(g: Lowering, node: ForeignNode) -> Flow:
    x = g.flow(node)
    found = g.constant(node, 1)
    count = len(node.attributes["axes"]) if found is None else found.array.size
    return with_axes(x, _given_axes(g, node, x.rank + count) or ())


@lowers("Squeeze")
def squeeze(g: Lowering, node: ForeignNode) -> Flow:
    x = g.flow(node)
    axes = _given_axes(g, node, x.rank)
    if axes is None:
        axes = tuple(at for at, size in enumerate(x.shape) if size == 1 and at != x.batch)
    return without_axes(g.b, x, axes)


@lowers("ConstantOfShape")
def filled(g: Lowering, node: ForeignNode) -> Flow:
    """One number many times, perhaps for every example."""
    target = _sizes(g, node, 0)
    array = np.asarray(node.attributes.get("value", np.zeros(1, np.float32))).reshape(())
    number = g.b.constant(array.item(), DType(array.dtype.name))
    if BATCH not in target:
        return Flow.of(g.b.Expand(number, shape=target))
    batch = target.index(BATCH)
    value = g.b.Expand(number, shape=(BATCH, *target[:batch], *target[batch + 1 :]))
    place = iter(range(1, len(target)))
    return Flow(value, tuple((0,) if at == batch else (next(place),) for at in range(len(target))))


@lowers("Expand")
def expand(g: Lowering, node: ForeignNode) -> Flow:
    x, wanted = g.flow(node), _sizes(g, node, 1)
    rank = max(x.rank, len(wanted))
    x = with_axes(x, range(rank - x.rank)) if x.rank < rank else x
    target: list[Size] = [*(1,) * (rank - len(wanted)), *wanted]
    grown = [at for at, size in enumerate(target) if size != 1 and x.shape[at] == 1 and size != x.shape[at]]
    if not grown:
        return x
    batch = next(
        (at for at in grown if target[at] == BATCH or (g.batch != BATCH and at == 0 and target[at] == g.batch)), None
    )
    if x.batch is None and batch is not None:
        rest = placed(g.b, without_axes(g.b, x, [batch]))
        sizes = [
            rest.value.shape[at] if size == 1 else size
            for at, size in enumerate([*target[:batch], *target[batch + 1 :]])
        ]
        value = g.b.Expand(g.b.Reshape(rest.value, shape=(1, *rest.value.shape)), shape=(BATCH, *sizes))
        place = iter(range(1, rank))
        return Flow(value, tuple((0,) if at == batch else (next(place),) for at in range(rank)))
    x = placed(g.b, x)
    shape = list(x.value.shape)
    for at in grown:
        shape[x.axes[at][0]] = target[at]
    return Flow(g.b.Expand(x.value, shape=tuple(shape)), x.axes)


@lowers("Tile")
def tile(g: Lowering, node: ForeignNode) -> Flow:
    x, repeats = placed(g.b, g.flow(node)), _sizes(g, node, 1)
    for at, times in enumerate(repeats):
        if times == 1:
            continue
        if at == x.batch:
            raise ApartError("it repeats examples")
        if not isinstance(times, int):
            raise unsupported("it repeats as often as only a run knows", node=node)
        part = x.axes[at][0]
        x = Flow(g.b.Concat(*[x.value] * times, axis=part), x.axes)
    return x


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
        count = len(node.outputs)
        if not isinstance(size, int):
            raise unsupported("parts of an axis that only a run knows", node=node)
        each = -(-size // count)
        given = [min(each, size - each * at) for at in range(count)]
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


@lowers("Gather")
def gather(g: Lowering, node: ForeignNode) -> Flow:
    table, index = g.at(node, 0), g.at(node, 1)
    axis = node.attributes.get("axis", 0)
    if isinstance(table, Constant):
        return embedded(g, node, table, index, axis)
    axis = table.axis(axis)
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


@lowers("Range")
def count_up(g: Lowering, node: ForeignNode) -> Flow:
    start, stop, step = (_sizes(g, node, at)[0] for at in range(3))
    count = (stop - start + step - 1) // step
    given = {"stop": stop} | ({"start": start} if start != 0 else {}) | ({"step": step} if step != 1 else {})
    return Flow.of(g.layer("arange", [], (count,), given, dtype=DType.INT64))


@lowers("Pad")
def pad(g: Lowering, node: ForeignNode) -> Flow:
    x, mode = g.flow(node), node.attributes.get("mode", "constant")
    found = g.constant(node, 1)
    given: Any = node.attributes.get("pads", node.attributes.get("paddings")) if found is None else found.array.ravel()
    pads = [int(size) for size in given]
    value = g.number(node, 2) if g.has(node, 2) else node.attributes.get("value", 0.0)
    chosen = g.constant(node, 3)
    axes = list(range(x.rank)) if chosen is None else [x.axis(int(at)) for at in chosen.array]
    half = len(pads) // 2
    wanted = {axis: (pads[at], pads[at + half]) for at, axis in enumerate(axes) if pads[at] or pads[at + half]}
    if not wanted:
        return x
    if x.batch in wanted:
        raise ApartError("it adds examples")
    for axis, (before, after) in list(wanted.items()):
        if before < 0 or after < 0:  # cut instead
            x = cut(g, node, x, axis, max(-before, 0), x.shape[axis] - max(-after, 0))
            wanted[axis] = (max(before, 0), max(after, 0))
    if mode not in ("constant", "reflect", "edge"):
        raise unsupported(f"padding of mode {mode}", node=node)
    x = placed(g.b, x)
    return Flow(_padded(g, x, wanted, mode, float(value or 0.0)), x.axes)


def _padded(g: Lowering, x: Flow, wanted: dict[int, tuple[int, int]], mode: str, number: float) -> Any:
    value, parts = x.value, {x.axes[axis][0]: ends for axis, ends in wanted.items()}
    given: dict[str, Any] = ({} if mode == "constant" else {"mode": mode}) | ({"value": number} if number else {})
    shape = tuple(size + sum(parts.get(at, (0, 0))) for at, size in enumerate(value.shape))
    spatial = range(2, value.rank)
    if 3 <= value.rank <= 5 and set(parts) <= set(spatial):
        ends = [parts.get(at, (0, 0)) for at in spatial]
        amount: Any = tuple(ends)
        if all(before == after for before, after in ends):
            sizes = [before for before, _ in ends]
            amount = sizes[0] if len(set(sizes)) == 1 else tuple(sizes)
        return g.layer("pad", [value], shape, {"amount": amount} | given)
    for at, (before, after) in parts.items():
        grown = tuple(size + (before + after if place == at else 0) for place, size in enumerate(value.shape))
        both: Any = before if before == after else (before, after)
        value = g.layer("pad", [value], grown, {"amount": both, **given, "axis": at - 1})
    return value


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
