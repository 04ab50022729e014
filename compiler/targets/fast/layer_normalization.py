"""Layer normalization along the last axis with its scale and bias, and its gradient, as one operator each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from netc.compiler.ir import DType, Graph, Node, Value
from netc.compiler.ops.checks import normal_axes
from netc.compiler.passes.dead_code import dead_code
from netc.compiler.passes.rewriter import Rewriter
from netc.compiler.targets.patterns import factors, made_by, other_factor

Readers = Mapping[Value, list[Node]]


@dataclass(frozen=True)
class Normalized:
    """y = scale (x - mean) / s + bias as it stands in the graph, of which `node` makes the middle part."""

    node: Node
    scale: Value
    bias: Value
    y: Value


@dataclass(frozen=True)
class Slopes:
    """The gradients of one application; those of scale and bias where the graph makes them."""

    dy: Value
    dx: Value
    dscale: Value | None
    dbias: Value | None


def layer_normalization(graph: Graph) -> Graph:
    """Write layer normalizations, scale and bias among them, and their gradients as one operator each."""
    readers = graph.consumers()
    rewriter = Rewriter(graph)
    forward: dict[Value, Normalized] = {}
    backward: dict[Value, tuple[Normalized, Slopes]] = {}
    for node in graph.nodes:
        one = _normalized(node, readers) if node.op == "Standardization" else None
        slopes = _slopes(one, readers) if one is not None else None
        if one is None or not _is_all(one, slopes, readers, graph):
            continue
        forward[one.y] = one
        if slopes is not None:
            results = [value for value in (slopes.dx, slopes.dscale, slopes.dbias) if value is not None]
            backward.update((value, (one, slopes)) for value in results)
    statistics: dict[Value, tuple[Value, ...]] = {}
    for node in graph.nodes:
        g = rewriter.builder(node.origin)
        output = node.outputs[0]
        if output in forward:
            one = forward[output]
            given = (*one.node.inputs, one.scale, one.bias)
            made = g.add(
                "FastLayerNormalization", tuple(map(rewriter.now, given)), {"epsilon": one.node.attributes["epsilon"]}
            )
            statistics[one.y] = made[1:]
            rewriter.replace(node.outputs, made[:1])
        elif output in backward:
            _write_gradient(rewriter, node, *backward[output], statistics)
        else:
            rewriter.keep(node)
    return dead_code(rewriter.finish()) if forward else graph


def _write_gradient(
    rewriter: Rewriter, node: Node, one: Normalized, slopes: Slopes, statistics: Mapping[Value, tuple[Value, ...]]
) -> None:
    """All three gradients where the first of them was made."""
    if rewriter.now(node.outputs[0]) is not node.outputs[0]:
        return
    g = rewriter.builder(node.origin)
    given = (*map(rewriter.now, (slopes.dy, *one.node.inputs, one.scale)), *statistics[one.y])
    made = g.add("FastLayerNormalizationGradient", given, {})
    for value, new in zip((slopes.dx, slopes.dscale, slopes.dbias), made, strict=True):
        if value is not None:
            rewriter.replace((value,), (new,))


def _normalized(node: Node, readers: Readers) -> Normalized | None:
    (x,) = node.inputs
    if x.dtype != DType.FLOAT32 or x.rank < 2 or not node.attributes["centred"]:
        return None
    if tuple(normal_axes(x, node.attributes["axes"])) != (x.rank - 1,):
        return None
    middle = node.outputs[0]
    for reader in readers.get(middle, []):
        scale = other_factor(reader.outputs[0], middle)
        if scale is None or scale.shape != x.shape[-1:]:
            continue
        for after in readers.get(reader.outputs[0], []):
            bias = other_factor(after.outputs[0], reader.outputs[0], "Add")
            if bias is not None and bias.shape == x.shape[-1:]:
                return Normalized(node, scale, bias, after.outputs[0])
    return None


def _slopes(one: Normalized, readers: Readers) -> Slopes | None:
    """dx = ((d - E[d]) - middle E[d middle]) inverse with d = dy scale, as the operator's gradient writes it."""
    middle, inverse = one.node.outputs
    for reader in readers.get(inverse, []):
        dx = reader.outputs[0]
        inner = made_by(other_factor(dx, inverse) or dx, "Sub")
        if inner is None:
            continue
        even, drift = made_by(inner.inputs[0], "Sub"), other_factor(inner.inputs[1], middle)
        mean_of_products = made_by(drift, "ReduceMean", keepdims=True) if drift is not None else None
        if even is None or mean_of_products is None:
            continue
        d = even.inputs[0]
        mean = made_by(even.inputs[1], "ReduceMean", keepdims=True)
        if mean is None or mean.inputs[0] is not d or other_factor(mean_of_products.inputs[0], middle) is not d:
            continue
        if not all(_is_along_last(reduce) for reduce in (mean, mean_of_products)):
            continue
        dy = other_factor(d, one.scale)
        if dy is not None and dy.shape == middle.shape:
            dscale = next((_sum(product, readers) for product in _products(dy, middle, readers)), None)
            return Slopes(dy, dx, dscale, _sum(dy, readers))
    return None


def _products(dy: Value, middle: Value, readers: Readers) -> list[Value]:
    """Values that are dy times the middle."""
    made = [node.outputs[0] for node in readers.get(dy, [])]
    return [value for value in made if any(pair == (dy, middle) for pair in factors(value))]


def _sum(value: Value, readers: Readers) -> Value | None:
    """The sum of a value over all axes but the last, where the graph makes it."""
    leading = tuple(range(value.rank - 1))
    for node in readers.get(value, []):
        if node.op != "ReduceSum" or node.attributes["keepdims"]:
            continue
        if tuple(sorted(normal_axes(value, node.attributes["axes"]))) == leading:
            return node.outputs[0]
    return None


def _is_along_last(reduce: Node) -> bool:
    (x,) = reduce.inputs
    return tuple(normal_axes(x, reduce.attributes["axes"])) == (x.rank - 1,)


def _is_all(one: Normalized, slopes: Slopes | None, readers: Readers, graph: Graph) -> bool:
    """Whether nobody else reads what the operators no longer give."""
    middle, inverse = one.node.outputs
    outputs = set(graph.outputs.values())
    if middle in outputs or inverse in outputs:
        return False
    reading = {*readers.get(middle, []), *readers.get(inverse, [])}
    return reading <= _replaced(one, slopes, readers)


def _replaced(one: Normalized, slopes: Slopes | None, readers: Readers) -> set[Node]:
    """The nodes whose results become dead, or are given by the operators."""
    ends = [one.y] + ([value for value in (slopes.dx, slopes.dscale) if value is not None] if slopes else [])
    stop = {one.node.outputs[0], one.node.outputs[1], one.scale, one.bias} | ({slopes.dy} if slopes else set())
    found: set[Node] = set()
    waiting = list(ends)
    while waiting:
        value = waiting.pop()
        if value in stop or value.node is None or value.node in found:
            continue
        found.add(value.node)
        waiting += value.node.inputs
    return found
