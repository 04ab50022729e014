"""Attention of a sequence to itself, and its gradient, as one operator each.

They are found by what they are made of, as `layers/sequences/attention_scores.py` and the gradients of its operators
write them. What stands between is left to whoever else reads it, and else is dead code.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from netc.compiler.ir import DType, Graph, Node, Value
from netc.compiler.passes.dead_code import dead_code
from netc.compiler.passes.rewriter import Rewriter
from netc.compiler.targets.patterns import factors, literal, made_by, number, other_factor

APART = (0, 2, 1, 3)
"""Between [N, T, H, D] and [N, H, T, D]."""

TURNED = (0, 2, 3, 1)
"""From [N, T, H, D] to [N, H, D, T]."""

LEAST = 1e38
"""What is added to hidden scores lies below minus this."""


@dataclass(frozen=True)
class Attended:
    """What one application of attention is made of.

    packed   queries, keys and values, [N, T, 3 H D], and `parts`, the three of them
    weights  after the softmax, [N, H, T, T]
    y        the sums of values, [N, T, H, D]
    """

    packed: Value
    parts: tuple[Value, ...]
    weights: Value
    y: Value
    heads: int
    scale: float
    causal: bool


def attention(graph: Graph) -> Graph:
    """Write attention with no dropout, and no mask but the causal one, and its gradient as one operator each."""
    readers = graph.consumers()
    found = {one.y: one for node in graph.nodes if node.op == "Softmax" for one in _attended(node, readers)}
    if not found:
        return graph
    gradients = {
        node: (one, dy) for node in graph.nodes if node.op == "Concat"
        for one in found.values() if (dy := _slope(node, one)) is not None
    }  # fmt: skip
    rewriter = Rewriter(graph)
    statistics: dict[Value, tuple[Value, ...]] = {}
    for node in graph.nodes:
        g = rewriter.builder(node.origin)
        if node.outputs[0] in found:
            one = found[node.outputs[0]]
            settings = {"heads": one.heads, "scale": one.scale, "causal": one.causal}
            y, *of_weights = g.add("FastAttention", (rewriter.now(one.packed),), settings)
            statistics[one.y] = tuple(of_weights)
            rewriter.replace(node.outputs, (g.Reshape(y, shape=one.y.shape),))
        elif node in gradients and gradients[node][0].y in statistics:
            one, dy = gradients[node]
            settings = {"heads": one.heads, "scale": one.scale, "causal": one.causal}
            given = (rewriter.now(dy), rewriter.now(one.packed), *statistics[one.y])
            rewriter.replace(node.outputs, g.add("FastAttentionGradient", given, settings))
        else:
            rewriter.keep(node)
    return dead_code(rewriter.finish())


def _attended(softmax: Node, readers: dict[Value, list[Node]]) -> Iterator[Attended]:
    """The attention that a softmax is of, if it is one."""
    weights = softmax.output
    if weights.rank != 4 or weights.dtype != DType.FLOAT32 or softmax.attributes["axis"] not in (3, -1):
        return
    (scores,) = softmax.inputs
    causal = False
    if scores.node is not None and scores.node.op == "Add":
        shown = next((first for first, second in factors(scores, "Add") if _is_causal(second)), None)
        if shown is None:
            return
        scores, causal = shown, True
    product = made_by(scores, "MatMul")
    if product is None:
        return
    queries, keys = product.inputs
    for apart, factor in factors(queries):
        scale, q, k = number(factor), _flat(apart, APART), _flat(keys, TURNED)
        if scale is None or q is None or k is None:
            continue
        for reader in readers[weights]:
            v = _flat(reader.inputs[1], APART) if reader.op == "MatMul" and reader.inputs[0] is weights else None
            packed = None if v is None else _packed(q, k, v)
            if packed is None or v is None:
                continue
            for after in readers.get(reader.output, []):
                if after.op == "Transpose" and after.attributes["axes"] == APART:
                    heads = weights.shape[1]
                    assert isinstance(heads, int), "a layer knows its heads"
                    yield Attended(packed, (q, k, v), weights, after.output, heads, scale, causal)
                    return


def _flat(value: Value, axes: tuple[int, ...]) -> Value | None:
    """[N, T, H D], of which a value is the heads, their axes in this order."""
    turned = made_by(value, "Transpose", axes=axes)
    apart = made_by(turned.inputs[0], "Reshape") if turned is not None else None
    if apart is None or apart.output.rank != 4 or apart.inputs[0].rank != 3:
        return None
    flat = apart.inputs[0]
    return flat if flat.shape[:2] == apart.output.shape[:2] else None


def _packed(q: Value, k: Value, v: Value) -> Value | None:
    """What three values are the thirds of, in this order."""
    split = made_by(q, "Split", axis=2)
    if split is None or split.outputs != (q, k, v) or not q.shape == k.shape == v.shape:
        return None
    return split.inputs[0]


def _is_causal(added: Value) -> bool:
    """Whether what is added to the scores hides the later positions and nothing else."""
    found = literal(added)
    if found is not None:
        length = found.shape[-1]
        return found.shape == (1, 1, length, length) and all(
            number == 0 if at % length <= at // length else number <= -LEAST for at, number in enumerate(found.values)
        )
    for shown_less_one, far in factors(added):
        height, one_less = number(far), made_by(shown_less_one, "Sub")
        if height is None or height < LEAST or one_less is None or number(one_less.inputs[1]) != 1:
            continue
        cast = made_by(one_less.inputs[0], "Cast", to=DType.FLOAT32)
        return cast is not None and _is_not_later(cast.inputs[0])
    return False


def _is_not_later(shown: Value) -> bool:
    """Whether truth values [1, 1, T, T] say that a key's position is at most the query's."""
    reshape = made_by(shown, "Reshape")
    compared = made_by(reshape.inputs[0], "GreaterOrEqual") if reshape is not None else None
    if compared is None or shown.rank != 4 or shown.shape[:2] != (1, 1):
        return False
    rows, columns = compared.inputs
    return (
        rows.shape == (shown.shape[2], 1)
        and columns.shape == (1, shown.shape[3])
        and all(_counts(value) for value in (rows, columns))
    )


def _counts(value: Value) -> bool:
    """Whether a value is 0, 1, 2, …"""
    found = literal(value)
    return made_by(value, "Iota") is not None if found is None else found.values == tuple(range(len(found.values)))


def _slope(join: Node, one: Attended) -> Value | None:
    """The gradient [N, T, H D] that arrives at an attention, where this node joins what it makes of it."""
    if join.attributes["axis"] != 2 or len(join.inputs) != 3:
        return None
    dqueries, dkeys, dvalues = (_unjoined(value) for value in join.inputs)
    if dqueries is None or dkeys is None or dvalues is None:
        return None
    (dq, order), (dk, keys_order), (dv, values_order) = dqueries, dkeys, dvalues
    if (order, keys_order, values_order) != (APART, (0, 3, 1, 2), APART):
        return None
    by_values = made_by(dv, "MatMul")
    turned = made_by(by_values.inputs[0], "Transpose", axes=(0, 1, 3, 2)) if by_values is not None else None
    if by_values is None or turned is None or turned.inputs[0] is not one.weights:
        return None
    slope = by_values.inputs[1]
    dy = _flat(slope, APART)
    dscores = next((first for first, second in factors(dq) if number(second) == one.scale), None)
    if dy is None or dscores is None:
        return None
    by_keys, by_queries = made_by(dscores, "MatMul"), made_by(dk, "MatMul")
    if by_keys is None or by_queries is None or by_keys.inputs[0] is not by_queries.inputs[1]:
        return None
    if _flat(by_keys.inputs[1], APART) is not one.parts[1] or not _are_queries(by_queries.inputs[0], one):
        return None
    return dy if _is_slope_of_scores(by_keys.inputs[0], slope, one) else None


def _unjoined(value: Value) -> tuple[Value, object] | None:
    """What a part [N, T, H D] was before its heads came side by side, and the order of the axes that did so."""
    reshape = made_by(value, "Reshape")
    turned = made_by(reshape.inputs[0], "Transpose") if reshape is not None else None
    return None if turned is None else (turned.inputs[0], turned.attributes["axes"])


def _are_queries(value: Value, one: Attended) -> bool:
    """Whether a value is the queries times the scale, [N, H, D, T]."""
    turned = made_by(value, "Transpose", axes=(0, 1, 3, 2))
    return turned is not None and any(
        _flat(first, APART) is one.parts[0] and number(second) == one.scale
        for first, second in factors(turned.inputs[0])
    )


def _is_slope_of_scores(value: Value, slope: Value, one: Attended) -> bool:
    """Whether a value is weights (dweights - the sum of weights dweights), where dweights = slope values'."""
    rest = other_factor(value, one.weights)
    less = made_by(rest, "Sub") if rest is not None else None
    if less is None:
        return False
    dweights, even = less.inputs
    product, total = made_by(dweights, "MatMul"), made_by(even, "ReduceSum", axes=(3,), keepdims=True)
    if product is None or product.inputs[0] is not slope or _flat(product.inputs[1], TURNED) is not one.parts[2]:
        return False
    return total is not None and other_factor(total.inputs[0], one.weights) is dweights
