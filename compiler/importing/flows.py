"""Where the axes of a foreign tensor are found in a value of ours, whose batch is axis 0.

Exporters write a network for whole tensors: they put time in front of the batch, fold batch and heads into one axis and
cut them apart again. Here none of that moves anything: a Flow keeps a value with the batch in front, and says of which
of its axes each foreign axis is made. Transposing, folding, cutting, adding and dropping axes change the saying alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from netc.compiler.ir import BATCH, Builder, Shape, Size, Value, is_batched, product
from netc.grammar.counted import counted

Axes = tuple[tuple[int, ...], ...]
Place = tuple[int, int]
"""A foreign axis, and which of the parts that it is made of."""


class ApartError(ValueError):
    """A layout that no value with the batch in front has."""


@dataclass(frozen=True, slots=True)
class Flow:
    """A value, and for each axis of the foreign tensor the value's axes that it is made of, in order; () has size 1."""

    value: Value
    axes: Axes

    @staticmethod
    def of(value: Value) -> Flow:
        """A foreign tensor that is laid out as ours."""
        return Flow(value, tuple((axis,) for axis in range(value.rank)))

    @property
    def rank(self) -> int:
        """The number of foreign axes."""
        return len(self.axes)

    @property
    def shape(self) -> Shape:
        """The foreign shape."""
        return tuple(product(tuple(self.value.shape[part] for part in axis)) for axis in self.axes)

    @property
    def batch(self) -> int | None:
        """The foreign axis that the batch is in, None for a tensor that is the same for all examples."""
        if not is_batched(self.value):
            return None
        return next(at for at, axis in enumerate(self.axes) if 0 in axis)

    def axis(self, at: int) -> int:
        """A foreign axis counted from the front."""
        if not -self.rank <= at < max(self.rank, 1):
            raise ApartError(f"axis {at} of a tensor with {counted(self.rank, 'axis', 'axes')}")
        return at % max(self.rank, 1)


def divided(size: Size, by: Size) -> Size | None:
    """size / by where that is whole for certain, else None."""
    quotient = size // by
    return quotient if quotient * by == size else None


def arranged(b: Builder, flow: Flow, order: Sequence[int]) -> Flow:
    """The flow with its value's axes in another order."""
    if list(order) == list(range(flow.value.rank)):
        return flow
    value = b.Transpose(flow.value, axes=tuple(order))
    place = {axis: at for at, axis in enumerate(order)}
    return Flow(value, tuple(tuple(place[part] for part in axis) for axis in flow.axes))


def foreign_order(flow: Flow) -> list[int]:
    """The value's axes in the order of the foreign ones, but the batch first."""
    order = [part for axis in flow.axes for part in axis]
    return [0, *(part for part in order if part != 0)] if is_batched(flow.value) else order


def reshaped(b: Builder, flow: Flow, groups: Sequence[Sequence[int]]) -> Flow:
    """The flow with neighbouring axes of its value made one; `groups` lists all axes of the value in order."""
    if all(len(group) == 1 for group in groups):
        return flow
    shape = tuple(product(tuple(flow.value.shape[part] for part in group)) for group in groups)
    value = b.Reshape(flow.value, shape=shape)
    place = {part: at for at, group in enumerate(groups) for part in group}
    axes = tuple(tuple(dict.fromkeys(place[part] for part in axis)) for axis in flow.axes)
    return Flow(value, axes)


def merged(b: Builder, flow: Flow) -> Flow:
    """The flow with every foreign axis one of its value's, in the foreign order, the batch first and by itself."""
    flow = arranged(b, flow, foreign_order(flow))
    groups: list[list[int]] = []
    for at, axis in enumerate(flow.axes):
        if at == flow.batch:
            if len(axis) > 1:
                raise ApartError("the batch is folded into another axis")
            groups.insert(0, [0])
        elif axis:
            groups.append(list(axis))
    return reshaped(b, flow, groups)


def plain(b: Builder, flow: Flow) -> Value:
    """A value with the foreign axes in their order, the batch first, and size 1 where an axis is made of none."""
    flow = merged(b, flow)
    sizes = [flow.shape[at] for at in range(flow.rank) if at != flow.batch]
    shape = (*((BATCH,) if flow.batch is not None else ()), *sizes)
    return flow.value if shape == flow.value.shape else b.Reshape(flow.value, shape=shape)


def positions(flow: Flow) -> Flow:
    """The Flow of `plain(flow)`."""
    batch = flow.batch
    if batch is None:
        return Flow(flow.value, tuple((at,) for at in range(flow.rank)))
    place = iter(range(1, flow.rank))
    return Flow(flow.value, tuple((0,) if at == batch else (next(place),) for at in range(flow.rank)))


def placed(b: Builder, flow: Flow) -> Flow:
    """The same tensor with a value as `plain` gives it."""
    axes = positions(flow).axes
    return Flow(plain(b, flow), axes)


def transposed(flow: Flow, order: Sequence[int]) -> Flow:
    """Foreign axes in another order."""
    return Flow(flow.value, tuple(flow.axes[at] for at in order))


def with_axes(flow: Flow, places: Sequence[int]) -> Flow:
    """New foreign axes of size 1, which are at these places afterwards."""
    rank = flow.rank + len(places)
    new, old = {at % rank for at in places}, iter(flow.axes)
    return Flow(flow.value, tuple(() if at in new else next(old) for at in range(rank)))


def without_axes(b: Builder, flow: Flow, places: Sequence[int]) -> Flow:
    """Foreign axes of size 1 taken away; those of the value that they were made of go with them."""
    gone = {flow.axis(at) for at in places}
    parts = {part for at in gone for part in flow.axes[at]}
    if 0 in parts and is_batched(flow.value):
        raise ApartError("the batch would be taken away")
    left = Flow(flow.value, tuple(axis for at, axis in enumerate(flow.axes) if at not in gone))
    return dropped(b, left, parts)


def dropped(b: Builder, flow: Flow, parts: set[int]) -> Flow:
    """The flow without axes of its value, which have size 1."""
    if not parts:
        return flow
    kept = [at for at in range(flow.value.rank) if at not in parts]
    value = b.Reshape(flow.value, shape=tuple(flow.value.shape[at] for at in kept))
    place = {part: at for at, part in enumerate(kept)}
    return Flow(value, tuple(tuple(place[part] for part in axis) for axis in flow.axes))


def refolded(b: Builder, flow: Flow, target: Sequence[Size], batch: Size = BATCH) -> Flow:
    """The foreign tensor under another shape; raises ApartError where the batch is in the way.

    batch  the size that the model gives the batch: a number where it was exported for one
    """
    order = [part for axis in flow.axes for part in axis]
    sizes = [batch if part == 0 and is_batched(flow.value) else flow.value.shape[part] for part in order]
    cuts: dict[int, list[Size]] = {}  # axes of the value that are cut into more
    axes: list[list[tuple[int, int]]] = []
    waiting = list(zip(order, [0] * len(order), sizes, strict=True))
    for wanted in target:
        axis: list[tuple[int, int]] = []
        left = wanted
        while waiting and (left != 1 or (not axis and waiting[0][2] == 1)):
            part, piece, size = waiting[0]
            rest, more = divided(left, size), divided(size, left)
            if rest is not None:
                waiting.pop(0)
                left = rest
                axis.append((part, piece))
                if part in cuts:
                    cuts[part].append(size)
            elif more is not None and not (part == 0 and is_batched(flow.value)):
                cuts.setdefault(part, []).append(left)
                waiting[0] = (part, piece + 1, more)
                axis.append((part, piece))
                left = 1
            else:
                return _refolded_plainly(b, flow, target, batch)
        if left != 1:
            return _refolded_plainly(b, flow, target, batch)
        axes.append(axis)
    for part, piece, size in waiting:
        if size != 1 or not axes:
            return _refolded_plainly(b, flow, target, batch)
        axes[-1].append((part, piece))
    return _cut(b, flow.value, cuts, axes)


def _cut(b: Builder, value: Value, cuts: dict[int, list[Size]], axes: list[list[tuple[int, int]]]) -> Flow:
    place: dict[tuple[int, int], int] = {}
    shape: list[Size] = []
    for part, size in enumerate(value.shape):
        for piece, length in enumerate(cuts.get(part, [size])):
            place[part, piece] = len(shape)
            shape.append(length)
    if len(shape) > value.rank:
        value = b.Reshape(value, shape=tuple(shape))
    return Flow(value, tuple(tuple(place[item] for item in axis) for axis in axes))


def _refolded_plainly(b: Builder, flow: Flow, target: Sequence[Size], batch: Size) -> Flow:
    """The elements of each example under another shape, where axes do not map to each other."""
    value = plain(b, flow)
    if not is_batched(value):
        return Flow.of(b.Reshape(value, shape=tuple(target)))
    if flow.batch != 0 or not target or target[0] not in (batch, BATCH):
        raise ApartError("elements of several examples would be mixed")
    return Flow.of(b.Reshape(value, shape=(BATCH, *target[1:])))


def aligned(b: Builder, flows: Sequence[Flow]) -> tuple[list[Flow], Axes]:
    """Flows whose values broadcast to each other as the foreign tensors do, and the axes of what they make together.

    Each value keeps size 1, or lacks axes in front, where the foreign tensor has size 1.
    """
    rank = max(flow.rank for flow in flows)
    flows = [with_axes(flow, range(rank - flow.rank)) if flow.rank < rank else flow for flow in flows]
    parts = [_parts(flows, at) for at in range(rank)]
    if any(found is None for found in parts):
        flows = [placed(b, flow) for flow in flows]
        parts = [_parts(flows, at) for at in range(rank)]
        if any(found is None for found in parts):
            raise ApartError("the shapes of its inputs do not fit together")
    lengths = [len(found or ()) for found in parts]
    batch = next((_batch_place(flow) for flow in flows if is_batched(flow.value)), None)
    order = _common_order(flows, lengths, batch)
    made = [_laid_out(b, flow, lengths, order, batch) for flow in flows]
    place = {item: at for at, item in enumerate(order)}
    axes = tuple(tuple(place[at, piece] for piece in range(lengths[at])) for at in range(rank))
    return made, axes


def _parts(flows: Sequence[Flow], at: int) -> list[Size] | None:
    """The sizes that a foreign axis is made of in all flows that have it, None where they disagree."""
    found: list[Size] = []
    for flow in flows:
        sizes = [flow.value.shape[part] for part in flow.axes[at]]
        if product(tuple(sizes)) == 1:
            continue
        if found and found != sizes:
            return None
        found = sizes
    if not found and any(flow.axes[at] for flow in flows):
        return [1]
    return found


def _batch_place(flow: Flow) -> Place:
    return next((at, axis.index(0)) for at, axis in enumerate(flow.axes) if 0 in axis)


def _common_order(flows: Sequence[Flow], lengths: Sequence[int], batch: Place | None) -> list[Place]:
    """The order of all axes in the results: that of a flow that has them all, else the foreign one; the batch first."""
    items = [(at, piece) for at, count in enumerate(lengths) for piece in range(count)]
    for flow in flows:
        if [len(axis) for axis in flow.axes] == list(lengths):
            items.sort(key=lambda item: flow.axes[item[0]][item[1]])
            break
    if batch in items:
        items.remove(batch)
        items.insert(0, batch)
    return items


def _laid_out(b: Builder, flow: Flow, lengths: Sequence[int], order: Sequence[Place], batch: Place | None) -> Flow:
    parts: list[int | None] = []
    for at, piece in order:
        axis = flow.axes[at]
        if (at, piece) == batch and not is_batched(flow.value):
            parts.append(None)
        elif len(axis) == lengths[at]:
            parts.append(axis[piece])
        else:  # the foreign size is 1
            parts.append(axis[0] if axis and piece == 0 else None)
    value, used = flow.value, [part for part in parts if part is not None]
    if len(used) < value.rank:  # axes of size 1 that the others do not have
        kept = [part for part in range(value.rank) if part in used]
        value = b.Reshape(value, shape=tuple(value.shape[part] for part in kept))
        parts = [None if part is None else kept.index(part) for part in parts]
        used = [part for part in parts if part is not None]
    if used != sorted(used):
        value = b.Transpose(value, axes=tuple(used))
        parts = [None if part is None else used.index(part) for part in parts]
    wanted = parts
    if not is_batched(flow.value):  # axes in front are left to broadcasting
        wanted = parts[next((at for at, part in enumerate(parts) if part is not None), len(parts)) :]
    shape = tuple(1 if part is None else value.shape[part] for part in wanted)
    return Flow(value if shape == value.shape else b.Reshape(value, shape=shape), ())
