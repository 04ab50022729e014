"""Shapes: flatten, squeeze, shuffles, parts and joints."""

from __future__ import annotations

from typing import Any

from netc.compiler.importing.calls import Call
from netc.compiler.importing.lifting import LARGE, SMALL, Lifting, kind, lifts
from netc.compiler.importing.records import derived
from netc.compiler.ir import BATCH, DType, Node, Shape, Value, is_batched, product


@lifts("Reshape", size=LARGE)
def pixel_shuffle(m: Lifting, node: Node) -> Call | None:
    """Channels cut into scale x scale, exchanged with places, and joined."""
    exchange = m.made(node.inputs[0], "Transpose")
    cut = None if exchange is None else m.made(exchange.inputs[0], "Reshape")
    if exchange is None or cut is None or node.output.rank != 4 or cut.inputs[0].rank != 4:
        return None
    x, inner, axes = cut.inputs[0], cut.output.shape, tuple(exchange.attributes["axes"])
    if axes == (0, 3, 1, 4, 2) and inner[1] == inner[2] and inner[3:] == x.shape[2:]:  # one channel is left
        return m.call("pixel_shuffle", node, x, scale=inner[1])
    if axes == (0, 1, 4, 2, 5, 3) and inner[2] == inner[3] and inner[4:] == x.shape[2:]:
        return m.call("pixel_shuffle", node, x, scale=inner[2])
    if axes == (0, 1, 3, 5, 2, 4) and inner[3] == inner[5] and inner[1] == x.shape[1]:
        return m.call("space_to_depth", node, x, scale=inner[3])
    return None


@lifts("Reshape", size=SMALL)
def reshape(m: Lifting, node: Node) -> Call | Value:
    x, shape = node.inputs[0], node.output.shape
    if x.shape == shape:
        return x
    pooled = _pooled(m, x, shape)
    if pooled is not None:
        return m.call(pooled[0], node, pooled[1], keep=True)
    if is_batched(x) != (bool(shape) and shape[0] == BATCH):
        return m.call("reshape", node, x, shape=shape)
    old, new = x.shape[is_batched(x) :], shape[is_batched(x) :]
    word, said = _renamed(old, new)
    return m.call(word, node, x, **said)


def _pooled(m: Lifting, x: Value, shape: Shape) -> tuple[str, Value] | None:
    """A global pooling whose spatial axes are put back with one element each."""
    maker = x.node
    if maker is None or not maker.inputs or m.readers[x] > 1 or x.rank != 2:
        return None
    source = maker.inputs[0]
    if source.rank != len(shape) or shape != (*x.shape, *(1,) * (len(shape) - 2)):
        return None
    spatial = maker.attributes.get("axes") is not None and sorted(maker.attributes["axes"]) == list(
        range(2, len(shape))
    )
    for op, word in (("ReduceMean", "global_avgpool"), ("ReduceMax", "global_maxpool")):
        if kind(maker) == f"Layer.{word}" or (maker.op == op and spatial):
            return word, source
    return None


def _renamed(old: Shape, new: Shape) -> tuple[str, dict[str, Any]]:
    """The layer that brings an example of one shape into another: the one with the narrowest meaning."""
    if len(new) == 1:
        return "flatten", {}
    for start in range(1, min(len(new), len(old))):
        if len(new) == start + 1 and old[:start] == new[:start] and product(old[start:]) == new[start]:
            return "flatten", {"from": start}
    for at, size in enumerate(new):
        if size == 1 and (*new[:at], *new[at + 1 :]) == old:
            return "unsqueeze", {"axis": at}
    if tuple(size for size in old if size != 1) == new and old.count(1) > 1:
        return "squeeze", {}
    for at, size in enumerate(old):
        if size == 1 and (*old[:at], *old[at + 1 :]) == new:
            return "squeeze", {"axis": at}
    return "reshape", {"shape": new}


@lifts("Transpose", size=SMALL)
def transpose(m: Lifting, node: Node) -> Call:
    x = node.inputs[0]
    batched = int(is_batched(x))
    axes = tuple(axis - batched for axis in node.attributes["axes"][batched:])
    rank = len(axes)
    if rank >= 2 and axes == (*range(rank - 2), rank - 1, rank - 2):
        return m.call("transpose", node, x)
    return m.call("transpose", node, x, axes=axes)


@lifts("Concat", size=SMALL)
def concat(m: Lifting, node: Node) -> Call:
    axis = node.attributes["axis"] - any(is_batched(item) for item in node.inputs)
    return m.call("concat", node, *node.inputs, **({"axis": axis} if axis else {}))


@lifts("Split", size=SMALL)
def split(m: Lifting, node: Node) -> Call:
    x, sizes, axis = node.inputs[0], node.attributes["sizes"], node.attributes["axis"]
    place = {} if axis == x.rank - 1 else {"axis": axis - is_batched(x)}
    parts = len(sizes) if len(set(sizes)) == 1 else tuple(sizes)
    return m.call("split", node, x, parts=parts, **place)


@lifts("Slice", size=SMALL)
def cut(m: Lifting, node: Node) -> Call | None:
    x, said = node.inputs[0], node.attributes
    if len(said["axes"]) != 1:
        return None
    (axis,), (start,), (stop,), (step,) = said["axes"], said["starts"], said["stops"], said["steps"]
    given = {"start": start} | ({} if stop == x.shape[axis] else {"stop": stop})
    place = axis - is_batched(x)
    return m.call(
        "slice", node, x, **given, **({"axis": place} if place else {}), **({"step": step} if step != 1 else {})
    )


@lifts("Expand", size=SMALL)
def expand(m: Lifting, node: Node) -> Call | Value:
    """What is the same for all examples needs no repeating for them."""
    x = node.inputs[0]
    repeated = x.node.inputs[0] if x.node is not None and x.node.op == "Reshape" else x
    number = m.number(repeated)
    if number in (0, 1) and repeated.dtype is DType.FLOAT32:
        return m.call("ones" if number else "zeros", node, shape=node.output.shape[is_batched(node.output) :])
    inner = m.made(x, "Reshape", shared=True)
    if not is_batched(x) and is_batched(node.output):
        source = inner.inputs[0] if inner is not None and x.shape == (1, *inner.inputs[0].shape) else None
        if source is not None and source.shape == node.output.shape[1:]:
            return source
        array = m.array(x)
        if array is not None and x.shape == (1, *node.output.shape[1:]):
            return m.lowering.parameter(array[0], derived(m.lowering.weights[x].key, 0))
        return m.call("expand", node, source if source is not None else x, shape=node.output.shape[1:])
    return m.call("expand", node, x, shape=node.output.shape[is_batched(x) :])


@lifts("GatherEach", size=SMALL)
def picked_each(m: Lifting, node: Node) -> Call:
    return m.call("gather", node, *node.inputs)


@lifts("Gather", size=SMALL)
def gather(m: Lifting, node: Node) -> Call:
    x, index = node.inputs
    axis = node.attributes["axis"] - is_batched(x)
    return m.call("gather", node, x, index, **({"axis": axis} if axis else {}))
