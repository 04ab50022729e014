"""Norms that exporters take apart, or put together with arithmetic around them."""

from __future__ import annotations

import numpy as np

from netc.compiler.importing.calls import Call
from netc.compiler.importing.lifting import LARGE, Lifting, kind, lifts
from netc.compiler.importing.lower.normalization import epsilon
from netc.compiler.importing.lowering import Weight
from netc.compiler.importing.records import derived
from netc.compiler.ir import Node, Value


@lifts("Add", "Mul", size=LARGE)
def scaled_batch_norm(m: Lifting, node: Node) -> Call | None:
    """A batch norm whose scale and shift stand behind it."""
    found = _affine(m, node.output, "Layer.batchnorm", channels=True)
    if found is None:
        return None
    norm, scale, shift = found
    weights = dict(norm.attributes["weights"])
    weight, bias = weights["weight"], weights["bias"]
    by, plus = (
        (np.ones_like(weight.array) if scale is None else scale[1]),
        (np.zeros_like(bias.array) if shift is None else shift[1]),
    )
    if by.size != weight.array.size or plus.size != bias.array.size:
        return None
    keys = derived(weight.key, scale and scale[0], shift and shift[0])
    weights |= {
        "weight": Weight(keys, weight.array * by),
        "bias": Weight(derived(keys, "bias"), bias.array * by + plus),
    }
    return m.call("batchnorm", node, norm.inputs[0], weights=weights, **norm.attributes["arguments"])


Found = tuple[str, np.ndarray[tuple[int, ...], np.dtype[np.float32]]]


def _affine(m: Lifting, value: Value, op: str, channels: bool) -> tuple[Node, Found | None, Found | None] | None:
    """norm * scale + shift, each perhaps missing, of vectors over channels or the last axis."""
    shift = scale = None
    node = value.node
    if node is not None and node.op == "Add":
        for inner, other in (node.inputs, node.inputs[::-1]):
            vector = _vector(m, other, value, channels)
            if vector is not None and _behind(m, inner, op):
                shift, node = vector, inner.node
                break
        else:
            return None
    if node is not None and node.op == "Mul":
        for inner, other in (node.inputs, node.inputs[::-1]):
            vector = _vector(m, other, value, channels)
            if vector is not None and _behind(m, inner, op, mul=False):
                scale, node = vector, inner.node
                break
        else:
            return None
    if node is None or kind(node) != op or (shift is None and scale is None):
        return None
    return node, scale, shift


def _behind(m: Lifting, value: Value, op: str, mul: bool = True) -> bool:
    return m.made(value, op) is not None or (mul and m.made(value, "Mul") is not None)


def _vector(m: Lifting, value: Value, whole: Value, channels: bool) -> Found | None:
    array = m.array(value)
    if array is None:
        return None
    place = array.ndim - (whole.rank - 1 if channels else 1)
    wide = [at for at, size in enumerate(array.shape) if size > 1]
    if array.size == 1 or wide != [place]:
        return None
    return m.lowering.weights[value].key, array.reshape(-1)


@lifts("Reshape", size=LARGE)
def group_norm(m: Lifting, node: Node) -> Call | None:
    """An instance norm of groups as maps of their own."""
    norm = m.made(node.inputs[0], "Layer.instancenorm")
    cut = None if norm is None else m.made(norm.inputs[0], "Reshape")
    if norm is None or cut is None or norm.attributes["weights"]:
        return None
    x = cut.inputs[0]
    if x.shape != node.output.shape or x.rank < 3 or cut.output.rank != 3:
        return None
    groups = cut.output.shape[1]
    given = {"groups": groups, **norm.attributes["arguments"]}
    return m.call("groupnorm", node, x, scale=False, shift=False, **given)


@lifts("Add", "Mul", size=LARGE)
def affine_group_norm(m: Lifting, node: Node) -> Call | None:
    """The same with scale and shift."""
    value, found = node.output, {}
    for op, leaf in (("Add", "bias"), ("Mul", "weight")):
        made = value.node
        if made is None or made.op != op:
            continue
        for inner, other in (made.inputs, made.inputs[::-1]):
            vector = _vector(m, other, node.output, channels=True)
            if vector is not None and m.readers[inner] == 1:
                found[leaf] = (other, vector)
                value = inner
                break
    norm = m.made(value, "Reshape")
    call = None if norm is None or not found else group_norm(m, norm)
    if not isinstance(call, Call):
        return None
    weights = {leaf: m.weight(other, vector[1], "groupnorm") for leaf, (other, vector) in found.items()}
    arguments = {word: item for word, item in call.arguments.items() if word not in ("scale", "shift")}
    arguments |= {word: False for word, leaf in (("scale", "weight"), ("shift", "bias")) if leaf not in found}
    return m.call("groupnorm", node, *call.sources, weights=weights, **arguments)


@lifts("Div", size=LARGE)
def layer_norm(m: Lifting, node: Node) -> Call | None:
    """(x - mean) / sqrt(mean of squares + epsilon)."""
    found = _standardized(m, node)
    if found is None:
        return None
    x, small = found
    return m.call("layernorm", node, x, scale=False, shift=False, **epsilon(small))


@lifts("Add", "Mul", size=LARGE)
def affine_layer_norm(m: Lifting, node: Node) -> Call | None:
    """The same with scale and shift."""
    value, weights = node.output, {}
    for op, leaf in (("Add", "bias"), ("Mul", "weight")):
        made = value.node
        if made is None or made.op != op:
            continue
        for inner, other in (made.inputs, made.inputs[::-1]):
            array = m.array(other)
            if array is not None and array.size == node.output.shape[-1] and m.readers[inner] == 1:
                weights[leaf] = m.weight(other, array.reshape(-1), "layernorm")
                value = inner
                break
    divide = m.made(value, "Div")
    found = None if divide is None or not weights else _standardized(m, divide)
    if found is None:
        return None
    given = {word: False for word, leaf in (("scale", "weight"), ("shift", "bias")) if leaf not in weights}
    return m.call("layernorm", node, found[0], weights=weights, **given, **epsilon(found[1]))


def _standardized(m: Lifting, node: Node) -> tuple[Value, float] | None:
    centred, root = node.inputs[0].node, _unfolded(node.inputs[1]).node
    if centred is None or root is None or centred.op != "Sub" or root.op != "Sqrt":
        return None
    x, mean = centred.inputs
    if not _mean_of(mean, x):
        return None
    small, terms = m.terms(root.inputs[0])
    if len(terms) != 1 or not 0 < small < 0.1:
        return None
    middle = _unfolded(terms[0])
    if middle.node is None or middle.node.op != "ReduceMean":
        return None
    squares = middle.node.inputs[0].node
    if squares is None or not _is_square(m, squares):
        return None
    inner = squares.inputs[0].node
    same = inner is centred or (
        inner is not None and inner.op == "Sub" and inner.inputs[0] is x and _mean_of(inner.inputs[1], x)
    )
    return (x, small) if same else None


def _is_square(m: Lifting, node: Node) -> bool:
    if node.op == "Mul":
        return node.inputs[0] is node.inputs[1]
    return node.op == "Pow" and m.number(node.inputs[1]) == 2


def _unfolded(value: Value) -> Value:
    return value.node.inputs[0] if value.node is not None and value.node.op == "Reshape" else value


def _mean_of(value: Value, x: Value) -> bool:
    node = _unfolded(value).node
    return (
        node is not None
        and node.op == "ReduceMean"
        and node.inputs[0] is x
        and tuple(node.attributes["axes"]) == (x.rank - 1,)
    )
