"""Activations that exporters take apart."""

from __future__ import annotations

import math
from typing import Any

from netc.compiler.importing.calls import Call
from netc.compiler.importing.lifting import LARGE, Lifting, kind, lifts, near
from netc.compiler.ir import Node, Value


@lifts("Mul", "Div", size=LARGE)
def products(m: Lifting, node: Node) -> Call | None:
    """x times a function of x: silu, gelu, mish, hardswish; and hardsigmoid, which is a product with 1/6."""
    number, found = m.factors(node.output)
    if len(found) == 1 and near(number, 1 / 6):
        x = _clipped(m, found[0])
        return None if x is None else m.call("hardsigmoid", node, x)
    if len(found) != 2:
        return None
    for x, gate in (found, found[::-1]):
        word = _gate(m, number, x, gate)
        if word is not None:
            given: dict[str, Any] = {"approximate": "tanh"} if len(word) > 1 else {}
            return m.call(word[0], node, x, **given)
    return None


def _gate(m: Lifting, number: float, x: Value, gate: Value) -> tuple[str, ...] | None:
    made = gate.node
    if made is None:
        return None
    if near(number, 1.0):
        if kind(made) == "Sigmoid" and made.inputs[0] is x:
            return ("silu",)
        if kind(made) == "Layer.hardsigmoid" and made.inputs[0] is x:
            return ("hardswish",)
        if kind(made) == "Tanh" and _softplus(m, made.inputs[0]) is x:
            return ("mish",)
    if near(number, 1 / 6) and _clipped(m, gate) is x:
        return ("hardswish",)
    if near(number, 0.5):
        offset, terms = m.terms(gate)
        if not near(offset, 1.0) or len(terms) != 1 or terms[0].node is None:
            return None
        curve = terms[0].node
        if kind(curve) == "Erf":
            scale, inner = m.factors(curve.inputs[0])
            return ("gelu",) if near(scale, math.sqrt(0.5)) and inner == [x] else None
        if kind(curve) == "Tanh" and _tanh_of_gelu(m, curve.inputs[0], x):
            return ("gelu", "tanh")
    return None


def _tanh_of_gelu(m: Lifting, value: Value, x: Value) -> bool:
    """sqrt(2 / pi) (x + 0.044715 x**3), in any of the forms that it is written in."""
    scale, inner = m.factors(value)
    if near(scale, math.sqrt(2 / math.pi)) and len(inner) == 1:
        offset, terms = m.terms(inner[0])
        if offset == 0 and len(terms) == 2 and x in terms:
            (cube,) = (term for term in terms if term is not x) if terms.count(x) == 1 else (None,)
            if cube is None:
                return False
            by, parts = m.factors(cube)
            return near(by, 0.044715) and (_is_cube(m, parts, x))
    if near(scale, math.sqrt(2 / math.pi)) and len(inner) == 2 and x in inner:
        other = inner[0] if inner[1] is x else inner[1]
        offset, terms = m.terms(other)
        if near(offset, 1.0) and len(terms) == 1:
            by, parts = m.factors(terms[0])
            return near(by, 0.044715) and (parts == [x, x] or _power(m, parts, x, 2))
    return False


def _is_cube(m: Lifting, parts: list[Value], x: Value) -> bool:
    return (
        parts == [x, x, x]
        or _power(m, parts, x, 3)
        or (len(parts) == 2 and x in parts and any(_power(m, [part], x, 2) for part in parts))
    )


def _power(m: Lifting, parts: list[Value], x: Value, exponent: float) -> bool:
    node = parts[0].node if len(parts) == 1 else None
    return node is not None and node.op == "Pow" and node.inputs[0] is x and m.number(node.inputs[1]) == exponent


def _clipped(m: Lifting, value: Value) -> Value | None:
    """x of min(max(x + 3, 0), 6)."""
    node = m.made(value, "Clip")
    if node is None or node.attributes["low"] != 0 or node.attributes["high"] != 6:
        return None
    offset, terms = m.terms(node.inputs[0])
    return terms[0] if offset == 3 and len(terms) == 1 else None


@lifts("Where", size=LARGE)
def softplus(m: Lifting, node: Node) -> Call | None:
    """x where it is large, else ln(1 + exp(x))."""
    condition, x, small = node.inputs
    compare = condition.node
    if compare is None or compare.op not in ("Greater", "GreaterOrEqual") or compare.inputs[0] is not x:
        return None
    inner = _softplus(m, small)
    return m.call("softplus", node, x) if inner is x else None


@lifts("Log", size=LARGE)
def softplus_of_exp(m: Lifting, node: Node) -> Call | None:
    x = _softplus(m, node.output)
    return None if x is None else m.call("softplus", node, x)


def _softplus(m: Lifting, value: Value) -> Value | None:
    node = value.node
    if node is None:
        return None
    if node.op == "Softplus":
        return node.inputs[0]
    if node.op == "Log":
        offset, terms = m.terms(node.inputs[0])
        if offset == 1 and len(terms) == 1 and terms[0].node is not None and terms[0].node.op == "Exp":
            return terms[0].node.inputs[0]
    return None


@lifts("Mul", size=LARGE)
def gated(m: Lifting, node: Node) -> Call | None:
    """glu and swiglu: halves of a value, one of which opens the other."""
    for first, second in (node.inputs, node.inputs[::-1]):
        opened = second.node
        if opened is None or kind(opened) not in ("Sigmoid",) or m.readers[second] > 1:
            continue
        half = opened.inputs[0].node
        if half is None or half.op != "Split" or list(half.outputs) != [first, opened.inputs[0]]:
            continue
        if len(set(half.attributes["sizes"])) == 1:
            x, axis = half.inputs[0], half.attributes["axis"]
            return m.call("glu", node, x, **({} if axis == x.rank - 1 else {"axis": axis - 1}))
    return None
