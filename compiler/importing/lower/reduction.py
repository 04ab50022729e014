"""Sums, means and extrema along axes, softmax, running sums, and the places of extrema."""

from __future__ import annotations

from netc.compiler.importing.axes import reduced_axes
from netc.compiler.importing.findings import unsupported
from netc.compiler.importing.flows import ApartError, Flow, placed
from netc.compiler.importing.lower.parts import along
from netc.compiler.importing.lower.shapes import to_shape
from netc.compiler.importing.lowering import Lowering, lowers
from netc.compiler.importing.records import ForeignNode
from netc.compiler.ir import BATCH, Value, is_batched, product


@lowers(
    "ReduceMean",
    "ReduceSum",
    "ReduceMax",
    "ReduceMin",
    "ReduceL2",
    "ReduceL1",
    "ReduceSumSquare",
    "ReduceLogSumExp",
    "ReduceLogSum",
)
def reduce(g: Lowering, node: ForeignNode) -> Flow:
    x, found = g.flow(node), g.constant(node, 1)
    axes = reduced_axes(node, None if found is None else found.array, x.rank)
    if axes is None:
        return x
    keep = bool(node.attributes.get("keepdims", 1))
    parts = sorted({part for axis in axes for part in x.axes[axis]})
    if is_batched(x.value) and 0 in parts:
        raise ApartError("it works over the batch")
    left = [part for part in range(x.value.rank) if part not in parts]
    place = {part: at for at, part in enumerate(left)}
    kept = tuple(
        () if at in axes else tuple(place[part] for part in axis)
        for at, axis in enumerate(x.axes)
        if keep or at not in axes
    )
    return Flow(_reduced(g, node.op, x, tuple(parts)), kept)


def _reduced(g: Lowering, op: str, x: Flow, axes: tuple[int, ...]) -> Value:
    b, value = g.b, x.value
    if op == "ReduceL2":
        return b.Sqrt(b.ReduceSum(b.Mul(value, value), axes=axes))
    if op == "ReduceL1":
        return b.ReduceSum(b.Abs(value), axes=axes)
    if op == "ReduceSumSquare":
        return b.ReduceSum(b.Mul(value, value), axes=axes)
    if op == "ReduceLogSumExp":
        return b.Log(b.ReduceSum(b.Exp(value), axes=axes))
    if op == "ReduceLogSum":
        return b.Log(b.ReduceSum(value, axes=axes))
    return b.add(op, [value], {"axes": axes})[0] if axes else value


@lowers("Softmax", "LogSoftmax")
def softmax(g: Lowering, node: ForeignNode) -> Flow:
    x = g.flow(node)
    axis = x.axis(node.attributes.get("axis", -1 if g.opset >= 13 else 1))
    if g.opset < 13 and any(size != 1 for size in x.shape[axis + 1 :]):
        sizes = [g.batch if size == BATCH else size for size in x.shape]
        flat = to_shape(g, x, [*sizes[:axis], product(tuple(sizes[axis:]))])
        flat, part = along(g, flat, axis)
        made = Flow(g.b.add(node.op, [flat.value], {"axis": part})[0], flat.axes)
        return to_shape(g, made, sizes)
    if x.shape[axis] == 1:
        x = placed(g.b, x)
    x, part = along(g, x, axis)
    return Flow(g.b.add(node.op, [x.value], {"axis": part})[0], x.axes)


@lowers("CumSum")
def running_sum(g: Lowering, node: ForeignNode) -> Flow:
    x, axis = g.flow(node), g.number(node, 1)
    assert axis is not None
    if node.attributes.get("exclusive", 0):
        raise unsupported("a running sum without the element itself", node=node)
    x, part = along(g, x, x.axis(int(axis)))
    given = {"axis": part - 1} | ({"reverse": True} if node.attributes.get("reverse", 0) else {})
    return Flow(g.layer("cumsum", [x.value], x.value.shape, given), x.axes)


@lowers("ArgMax", "ArgMin")
def places(g: Lowering, node: ForeignNode) -> Flow:
    from netc.compiler.ir import DType

    x = g.flow(node)
    axis = x.axis(node.attributes.get("axis", 0))
    if node.attributes.get("select_last_index", 0):
        raise unsupported("the last of equal extrema", node=node)
    x, part = along(g, x, axis)
    given = {} if part == x.value.rank - 1 else {"axis": part - 1}
    shape = tuple(size for at, size in enumerate(x.value.shape) if at != part)
    value = g.layer(node.op.lower(), [x.value], shape, given, dtype=DType.INT64)
    keep = bool(node.attributes.get("keepdims", 1))
    shift = tuple(
        () if at == axis else tuple(one - (one > part) for one in parts)
        for at, parts in enumerate(x.axes)
        if keep or at != axis
    )
    return Flow(value, shift)
