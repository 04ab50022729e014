"""Axes and sizes: what gives elements another shape, or repeats them."""

from __future__ import annotations

import numpy as np

from netc.compiler.importing.axes import axes_of
from netc.compiler.importing.findings import LIMITS, damaged, too_large, unsupported
from netc.compiler.importing.flows import ApartError, Flow, placed, refolded, transposed, with_axes, without_axes
from netc.compiler.importing.lowering import Lowering, lowers
from netc.compiler.importing.records import Constant, ForeignNode, settled
from netc.compiler.ir import BATCH, DType, Size, product


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
    axes = _given_axes(g, node, x.rank + count) or ()
    if len(set(axes)) < count:
        raise damaged(f"{node.shown()} adds an axis twice")
    return with_axes(x, axes)


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
        if times > LIMITS["copies"]:
            raise too_large("copies of a value", times, LIMITS["copies"])
        part = x.axes[at][0]
        x = Flow(g.b.Concat(*[x.value] * times, axis=part), x.axes)
    return x


@lowers("Range")
def count_up(g: Lowering, node: ForeignNode) -> Flow:
    start, stop, step = (_sizes(g, node, at)[0] for at in range(3))
    count = (stop - start + step - 1) // step
    given = {"stop": stop} | ({"start": start} if start != 0 else {}) | ({"step": step} if step != 1 else {})
    return Flow.of(g.layer("arange", [], (count,), given, dtype=DType.INT64))
