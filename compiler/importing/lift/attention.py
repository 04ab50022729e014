"""Attention: exporters cut projections into heads in many ways, and every way is followed to the rows of the weights.

What lies between a projection and a product moves elements and changes none. It is run on the numbers of the places, so
that it is known from which column of the projection each element of each head comes, whatever the way.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from netc.compiler.importing.calls import Call
from netc.compiler.importing.lifting import LARGE, Lifting, lifts, near
from netc.compiler.importing.lowering import Weight
from netc.compiler.importing.records import Array, derived
from netc.compiler.ir import BATCH_SYMBOL, Node, Shape, Symbol, Value, is_batched, substitute, symbols

MOVES = ("Reshape", "Transpose", "Slice", "Split")
TRIED = (7, 5, 11, 13)
"""What stands for sizes that only a run knows."""


@dataclass(slots=True)
class Projection:
    """Where heads come from: x [N, T, F] times a matrix, plus a bias, and the columns that each head has of them.

    columns  [heads, width of a head];  scale: what the elements are multiplied by
    """

    x: Value
    matrix: Value
    bias: Value | None
    columns: Array
    scale: float

    def rows(self, m: Lifting, by: float = 1.0) -> Array:
        """The rows of the weight that make the heads, one after the other."""
        matrix = m.array(self.matrix)
        assert matrix is not None
        return matrix.T[self.columns.ravel()] * np.float32(by)

    def offsets(self, m: Lifting, by: float = 1.0) -> Array:
        """The same of the bias; zeros where there is none."""
        array = None if self.bias is None else m.array(self.bias)
        if array is None:
            return np.zeros(self.columns.size, np.float32)
        return array.reshape(-1)[self.columns.ravel()] * np.float32(by)


@lifts("Add", "MatMul", size=LARGE)
def attention(m: Lifting, node: Node) -> Call | None:
    """The product of the joined heads with the last projection's weight."""
    multiply, bias = _affine(m, node)
    out = None if multiply is None else m.array(multiply.inputs[1])
    if multiply is None or out is None or out.ndim != 2:
        return None
    joined, moves, scale = _traced(m, multiply.inputs[0], ("MatMul",))
    if joined is None or scale != 1:
        return None
    weighted, values = joined.inputs
    seen = _probabilities(m, weighted)
    if seen is None:
        return None
    scores, behind, causal, rate = seen
    q, k = scores.inputs
    query, key, value = _projection(m, q), _projection(m, k, swapped=True), _projection(m, values)
    if query is None or key is None or value is None or key.x is not value.x:
        return None
    return _call(m, node, _Found(query, key, value, behind, causal, rate, moves, joined, out, bias, multiply.inputs[1]))


@dataclass(slots=True)
class _Found:
    query: Projection
    key: Projection
    value: Projection
    scale: float
    causal: bool
    rate: float
    moves: list[tuple[Node, int]]
    joined: Node
    out: Array
    bias: Value | None
    matrix: Value


def _call(m: Lifting, node: Node, f: _Found) -> Call | None:
    heads, size = f.query.columns.shape
    width = heads * size
    same = f.query.columns.shape == f.key.columns.shape == f.value.columns.shape
    if not same or f.out.shape != (width, width) or f.query.x.shape[-1] != width:
        return None
    order = _order(f.joined, f.moves)
    if order is None or sorted(order) != list(range(width)):
        return None
    scale = f.query.scale * f.key.scale * f.scale
    by = scale * math.sqrt(size)
    by = 1.0 if near(by, 1.0, 1e-4) else by
    memory = None if f.key.x is f.query.x else f.key.x
    parts = (f.query, f.key, f.value)
    weights: dict[str, Weight] = {}
    keys = "|".join(m.lowering.weights[part.matrix].key for part in parts)
    factors = (by, 1.0, f.value.scale)
    rows = [part.rows(m, factor) for part, factor in zip(parts, factors, strict=True)]
    if memory is None or memory.shape[-1] == width:
        weights["in_proj_weight"] = Weight(derived(keys, "in"), np.concatenate(rows))
    else:
        weights |= {
            f"{name}_proj_weight": Weight(derived(keys, name), row) for name, row in zip("qkv", rows, strict=True)
        }
    out = np.empty_like(f.out.T)
    out[:, order] = f.out.T  # column c of the joined heads is element order[c] of them in turn
    weights["out_proj.weight"] = Weight(derived(m.lowering.weights[f.matrix].key, "out"), out)
    given: dict[str, Any] = {"heads": heads}
    biased = f.bias is not None or any(part.bias is not None for part in parts)
    if biased:
        offsets = [part.offsets(m, factor) for part, factor in zip(parts, factors, strict=True)]
        weights["in_proj_bias"] = Weight(derived(keys, "bias"), np.concatenate(offsets))
        last = None if f.bias is None else m.array(f.bias)
        weights["out_proj.bias"] = Weight(
            derived(keys, "out.bias"), np.zeros(width, np.float32) if last is None else last.reshape(-1)
        )
    given |= {"causal": True} if f.causal else {}
    given |= {"memory": memory} if memory is not None else {}
    given |= {"dropout": f.rate} if f.rate else {}
    given |= {} if biased else {"bias": False}
    return m.call("attention", node, f.query.x, weights=weights, **given)


def _affine(m: Lifting, node: Node) -> tuple[Node | None, Value | None]:
    if node.op == "MatMul":
        return node, None
    for product, bias in (node.inputs, node.inputs[::-1]):
        multiply, array = m.made(product, "MatMul"), m.array(bias)
        if multiply is not None and array is not None and array.size == product.shape[-1]:
            return multiply, bias
    return None, None


def _traced(m: Lifting, value: Value, until: tuple[str, ...]) -> tuple[Node | None, list[tuple[Node, int]], float]:
    """The node that made what a value is moved from, the moves in their order, and what it is multiplied by."""
    moves: list[tuple[Node, int]] = []
    scale = 1.0
    while value.node is not None and value.node.op not in until:
        node = value.node
        if node.op in MOVES:
            moves.insert(0, (node, node.outputs.index(value)))
            value = node.inputs[0]
            continue
        number, rest = m.factors(value)
        if number == 1 or len(rest) != 1:
            return None, moves, scale
        scale *= number
        value = rest[0]
    return value.node, moves, scale


def _probabilities(m: Lifting, value: Value) -> tuple[Node, float, bool, float] | None:
    """The product of queries and keys behind a softmax, what it is multiplied by, whether later places are hidden, and
    a dropout's rate."""
    node, rate = value.node, 0.0
    if node is not None and node.op == "Dropout":
        rate, node = node.attributes["rate"], node.inputs[0].node
    if node is None or node.op != "Softmax" or node.attributes["axis"] != value.rank - 1:
        return None
    scores, causal = node.inputs[0], False
    maker = scores.node
    if maker is not None and maker.op in ("Add", "Where"):
        masked = _mask(m, maker)
        if masked is None:
            return None
        scores, causal = masked, True
    scale, rest = m.factors(scores)
    product = rest[0].node if len(rest) == 1 else None
    if product is None or product.op != "MatMul":
        return None
    return product, scale, causal, rate


def _mask(m: Lifting, node: Node) -> Value | None:
    """The scores under a mask that hides later places, None for any other mask."""
    if node.op == "Add":
        for scores, mask in (node.inputs, node.inputs[::-1]):
            array = m.array(mask)
            if array is not None and _is_causal(array > -1e4):
                return scores
        return None
    condition, first, second = node.inputs
    compare = condition.node
    shown = None if compare is None or compare.op != "Greater" else m.array(compare.inputs[0])
    if shown is None:
        return None
    for scores, other, seen in ((first, second, shown > 0.5), (second, first, shown <= 0.5)):
        number = m.number(other)
        if number is not None and number < -1e4 and _is_causal(seen):
            return scores
    return None


def _is_causal(seen: Array) -> bool:
    square = seen.reshape(seen.shape[-2:]) if seen.size == math.prod(seen.shape[-2:]) and seen.ndim >= 2 else None
    return square is not None and bool((square == np.tril(np.ones(square.shape, bool))).all())


def _projection(m: Lifting, value: Value, swapped: bool = False) -> Projection | None:
    """The projection that heads [N, H, T, D] come from; one head may lack its axis. Keys stand as [N, H, D, T]."""
    maker, moves, scale = _traced(m, value, ("MatMul", "Add"))
    if maker is None:
        return None
    multiply, bias = _affine_of(m, maker)
    if multiply is None or not is_batched(multiply.inputs[0]) or multiply.output.rank != 3:
        return None
    places = _run(maker.output, moves)
    if places is None:
        return None
    if swapped:
        places = places.swapaxes(-1, -2)
    places = places[0]
    places = places[None] if places.ndim == 2 else places
    features = maker.output.shape[-1]
    steps, columns = places // features, places % features
    if places.ndim != 3 or not (steps == np.arange(places.shape[1])[:, None]).all():
        return None
    if not (columns == columns[:, :1]).all():
        return None
    return Projection(multiply.inputs[0], multiply.inputs[1], bias, columns[:, 0], scale)


def _affine_of(m: Lifting, node: Node) -> tuple[Node | None, Value | None]:
    """The same of a node that several read."""
    if node.op == "MatMul":
        return (node, None) if m.array(node.inputs[1]) is not None else (None, None)
    for product, bias in (node.inputs, node.inputs[::-1]):
        multiply, array = product.node, m.array(bias)
        if multiply is None or multiply.op != "MatMul" or array is None or m.array(multiply.inputs[1]) is None:
            continue
        if array.size == product.shape[-1]:
            return multiply, bias
    return None, None


def _run(start: Value, moves: list[tuple[Node, int]]) -> Array | None:
    """The places of a value's elements after moves, for one example; a step of T and column of F is T * F + column."""
    found: set[Symbol] = set()
    for value in (start, *(output for node, _ in moves for output in node.outputs)):
        for size in value.shape:
            found |= symbols(size)
    open_sizes = sorted(found - {BATCH_SYMBOL}, key=lambda symbol: symbol.name)
    if len(open_sizes) > len(TRIED):
        return None
    sizes = {BATCH_SYMBOL: 1} | dict(zip(open_sizes, TRIED, strict=False))

    def known(shape: Shape) -> tuple[int, ...]:
        return tuple(int(substitute(size, sizes)) for size in shape)  # type: ignore[arg-type]

    try:
        array = np.arange(math.prod(known(start.shape))).reshape(known(start.shape))
        for node, which in moves:
            said = node.attributes
            if node.op == "Reshape":
                array = array.reshape(known(said["shape"]))
            elif node.op == "Transpose":
                array = array.transpose(said["axes"])
            elif node.op == "Split":
                array = np.split(array, np.cumsum(said["sizes"])[:-1], said["axis"])[which]
            else:
                cut = [slice(None)] * array.ndim
                ends = known(said["starts"]), known(said["stops"])
                for axis, begin, end, step in zip(said["axes"], *ends, said["steps"], strict=True):
                    cut[axis] = slice(begin, end, step)
                array = array[tuple(cut)]
    except (TypeError, ValueError):
        return None
    return array


def _order(joined: Node, moves: list[tuple[Node, int]]) -> list[int] | None:
    """For each column of the joined heads which element it is, counted head by head."""
    places = _run(joined.output, moves)
    if places is None or places.ndim != 3:
        return None
    shape = joined.output.shape
    size = shape[-1]
    steps = places.shape[1]
    if not isinstance(size, int):
        return None
    places = places[0]
    heads, rest = places // (steps * size), places % (steps * size)
    columns = heads * size + rest % size
    fits = (rest // size == np.arange(steps)[:, None]).all() and (columns == columns[:1]).all()
    return [int(column) for column in columns[0]] if fits else None
