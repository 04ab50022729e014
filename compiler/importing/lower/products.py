"""Matrix products, with weights and with each other."""

from __future__ import annotations

import numpy as np

from netc.compiler.importing.findings import unsupported
from netc.compiler.importing.flows import (
    ApartError,
    Flow,
    arranged,
    foreign_order,
    reshaped,
    transposed,
    with_axes,
)
from netc.compiler.importing.lower.elementwise import joined, scaled
from netc.compiler.importing.lowering import Lowering, lowers
from netc.compiler.importing.records import Constant, ForeignNode, derived
from netc.compiler.ir import is_batched


@lowers("MatMul")
def matmul(g: Lowering, node: ForeignNode) -> Flow:
    a, b = g.at(node, 0), g.at(node, 1)
    if isinstance(a, Flow) and isinstance(b, Constant) and b.array.ndim == 2:
        return with_weight(g, a, b)
    return product(g, g.flow(node, 0), g.flow(node, 1))


@lowers("Gemm")
def gemm(g: Lowering, node: ForeignNode) -> Flow:
    said = node.attributes
    alpha, beta = float(said.get("alpha", 1.0)), float(said.get("beta", 1.0))
    x, w = g.flow(node, 0), g.at(node, 1)
    if said.get("transA", 0):
        x = transposed(x, (1, 0))
    if isinstance(w, Constant):
        array = w.array.T if said.get("transB", 0) else w.array
        if alpha != 1:
            array = array * np.float32(alpha)
        y = with_weight(g, x, Constant(array, derived(w.key, alpha, said.get("transB", 0))))
    else:
        y = scaled(g, product(g, x, transposed(w, (1, 0)) if said.get("transB", 0) else w), alpha)
    if not g.has(node, 2) or beta == 0:
        return y
    c = g.at(node, 2)
    if isinstance(c, Constant):
        if beta != 1:
            c = Constant(c.array * np.float32(beta), derived(c.key, beta))
        return joined(g, "Add", [y, g.as_flow(c)])
    return joined(g, "Add", [y, scaled(g, c, beta)])


def with_weight(g: Lowering, x: Flow, weight: Constant) -> Flow:
    """x times a matrix of weights, on the last axis."""
    x = last_axis(g, x)
    matrix = g.parameter(weight.array, weight.key)
    return Flow(g.b.MatMul(x.value, matrix), x.axes)


def last_axis(g: Lowering, x: Flow) -> Flow:
    """The flow with its last foreign axis as the last of its value."""
    last = x.axes[-1]
    if 0 in last and is_batched(x.value):
        raise ApartError("it multiplies along the batch")
    rest = [part for part in range(x.value.rank) if part not in last]
    x = arranged(g.b, x, [*rest, *last])
    if len(last) != 1:
        groups = [[at] for at in range(len(rest))]
        if not last:
            raise ApartError("it multiplies along an axis of size 1")
        x = reshaped(g.b, x, [*groups, list(range(len(rest), x.value.rank))])
    return x


def product(g: Lowering, a: Flow, b: Flow) -> Flow:
    """The product of two tensors that flow, matrix by matrix."""
    if a.rank == 1 or b.rank == 1:
        raise unsupported("a product with a vector that is no weight")
    if b.batch is None and b.rank == 2:
        a = last_axis(g, a)
        b = arranged(g.b, b, foreign_order(b))
        return Flow(g.b.MatMul(a.value, b.value), a.axes)
    rank = max(a.rank, b.rank)
    a, b = (with_axes(flow, range(rank - flow.rank)) if flow.rank < rank else flow for flow in (a, b))
    a, b = _square(g, a), _square(g, b)
    # The last two axes are those of the matrices; all in front are aligned as in arithmetic.
    heads = [Flow(flow.value, flow.axes[:-2]) for flow in (a, b)]
    tails = [[part for axis in flow.axes[-2:] for part in axis] for flow in (a, b)]
    laid = [_heads_first(g, head, tail) for head, tail in zip(heads, tails, strict=True)]
    return _multiplied(g, laid)


def _square(g: Lowering, flow: Flow) -> Flow:
    """The flow with each of its last two axes one of its value's."""
    if any(0 in axis for axis in flow.axes[-2:]) and is_batched(flow.value):
        raise ApartError("it multiplies along the batch")
    tail = [part for axis in flow.axes[-2:] for part in axis]
    flow = arranged(g.b, flow, [*(part for part in range(flow.value.rank) if part not in tail), *tail])
    groups: list[list[int]] = [[at] for at in range(flow.value.rank - len(tail))]
    groups += [list(axis) for axis in flow.axes[-2:] if axis]
    flow = reshaped(g.b, flow, groups)
    if any(not axis for axis in flow.axes[-2:]):  # an axis of size 1 that the value lacks
        lead = flow.value.rank - sum(bool(axis) for axis in flow.axes[-2:])
        rows, columns = flow.shape[-2:]
        value = g.b.Reshape(flow.value, shape=(*flow.value.shape[:lead], rows, columns))
        flow = Flow(value, (*flow.axes[:-2], (lead,), (lead + 1,)))
    return flow


def _heads_first(g: Lowering, head: Flow, tail: list[int]) -> tuple[Flow, int]:
    order = [part for axis in head.axes for part in axis]
    if is_batched(head.value):
        order = [0, *(part for part in order if part != 0)]
    spare = [part for part in range(head.value.rank) if part not in order and part not in tail]
    if spare:
        raise ApartError("axes of size 1 are in the way")
    return arranged(g.b, head, [*order, *tail]), len(order)


def _multiplied(g: Lowering, laid: list[tuple[Flow, int]]) -> Flow:
    if laid[0][0].axes != laid[1][0].axes:  # windows by rows and columns beside windows in one: both in one
        laid = [_in_one(g, *item) for item in laid]
    (a, left), (b, right) = laid
    sizes = [[[flow.value.shape[part] for part in axis] for axis in flow.axes] for flow in (a, b)]
    if sizes[0] == sizes[1] and left == right and a.axes == b.axes:
        value = g.b.MatMul(a.value, b.value)
        return Flow(value, (*a.axes, (left,), (left + 1,)))
    rank = len(a.axes)
    if all(all(len(axis) <= 1 for axis in flow.axes) for flow in (a, b)):
        return _broadcast(g, [a, b], [left, right], rank)
    raise ApartError("heads that are folded together do not fit")


def _in_one(g: Lowering, flow: Flow, count: int) -> tuple[Flow, int]:
    """The flow with what each foreign axis is folded of made one axis of its value, but for the batch."""
    batched = is_batched(flow.value)
    groups: list[list[int]] = [[0]] if batched else []
    groups += [parts for axis in flow.axes if (parts := [part for part in axis if part or not batched])]
    tail = [[part] for part in range(count, flow.value.rank)]
    found = reshaped(g.b, flow, [*groups, *tail])
    return found, len(groups)


def _broadcast(g: Lowering, flows: list[Flow], counts: list[int], rank: int) -> Flow:
    batch = next(
        (at for flow in flows for at, axis in enumerate(flow.axes) if 0 in axis and is_batched(flow.value)), None
    )
    order = [*([] if batch is None else [batch]), *(at for at in range(rank) if at != batch)]
    values = []
    for flow, count in zip(flows, counts, strict=True):
        lead = [flow.value.shape[flow.axes[at][0]] if flow.axes[at] else 1 for at in order]
        if batch is not None and not is_batched(flow.value):
            lead = lead[1:]
        present = [flow.axes[at][0] for at in order if flow.axes[at]]
        value = flow.value
        if present != sorted(present):
            value = g.b.Transpose(value, axes=(*present, count, count + 1))
        values.append(g.b.Reshape(value, shape=(*lead, *value.shape[-2:])) if len(lead) + 2 != value.rank else value)
    value = g.b.MatMul(*values)
    place = {at: spot for spot, at in enumerate(order)}
    return Flow(value, (*((place[at],) for at in range(rank)), (rank,), (rank + 1,)))


@lowers("FusedMatMul", domain="com.microsoft")
def fused(g: Lowering, node: ForeignNode) -> Flow:
    """ONNX Runtime's product of transposed factors."""
    flows = [g.flow(node, at) for at in range(2)]
    for at, name in enumerate(("transA", "transB")):
        if node.attributes.get(name, 0):
            axes = list(range(flows[at].rank))
            axes[-2:] = axes[:-3:-1]
            flows[at] = transposed(flows[at], axes)
    return scaled(g, product(g, *flows), float(node.attributes.get("alpha", 1.0)))


@lowers("Einsum")
def einsum(g: Lowering, node: ForeignNode) -> Flow:
    """Sums of products that are one matrix product between transpositions."""
    left, _, result = node.attributes["equation"].replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != 2 or not result or "." in left:
        raise unsupported(f"the sum `{node.attributes['equation']}`", node=node)
    a, b = terms
    summed = [letter for letter in a if letter in b and letter not in result]
    shared = [letter for letter in a if letter in b and letter in result]
    mine, others = [x for x in a if x not in b], [x for x in b if x not in a]
    if any(len(set(term)) != len(term) for term in (a, b)) or len(summed) != 1 or len(mine) != 1 or len(others) != 1:
        raise unsupported(f"the sum `{node.attributes['equation']}`", node=node)
    x = transposed(g.flow(node, 0), [a.index(letter) for letter in [*shared, *mine, *summed]])
    y = transposed(g.flow(node, 1), [b.index(letter) for letter in [*shared, *summed, *others]])
    made = [*shared, *mine, *others]
    return transposed(product(g, x, y), [made.index(letter) for letter in result])
