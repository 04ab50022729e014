"""Between which numbers the elements of a value lie, as far as operators say so: sigmoid's are from 0 to 1."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product
from typing import NamedTuple

from netc.compiler.ir import Node, Value
from netc.compiler.ops import get_op
from netc.compiler.ops.facts import Kind


class Bounds(NamedTuple):
    """From `low` to `high`, both included."""

    low: float
    high: float

    def within(self, low: float, high: float) -> bool:
        """Whether all of it lies between two numbers."""
        return low <= self.low and self.high <= high


ANY = Bounds(-math.inf, math.inf)
POSITIVE = Bounds(0.0, math.inf)
FIXED = {
    "Sigmoid": Bounds(0, 1), "HardSigmoid": Bounds(0, 1), "Softmax": Bounds(0, 1), "LogSoftmax": Bounds(-math.inf, 0),
    "Tanh": Bounds(-1, 1), "Softsign": Bounds(-1, 1), "Erf": Bounds(-1, 1), "Exp": POSITIVE, "Softplus": POSITIVE,
    "Sqrt": POSITIVE, "Abs": POSITIVE, "RandomUniform": Bounds(0, 1), "Sin": Bounds(-1, 1), "Cos": Bounds(-1, 1),
}  # fmt: skip
SAME = frozenset(
    ("Identity", "StopGradient", "CheckedShape", "MaxPool", "AveragePool", "ReduceMean", "ReduceMax", "ReduceMin")
)
DEEPEST = 40


def bounds_of(value: Value, deepest: int = DEEPEST) -> Bounds:
    """What is known about a value's elements where the network is used."""
    node = value.node
    if node is None or deepest == 0:
        return ANY
    if node.op in FIXED:
        return FIXED[node.op]
    if node.op == "Constant":
        numbers = node.attributes["value"].values
        return Bounds(float(min(numbers)), float(max(numbers))) if numbers else ANY
    if node.op == "Clip":
        low, high = node.attributes.get("low"), node.attributes.get("high")
        inner = bounds_of(node.inputs[0], deepest - 1)
        low = -math.inf if low is None else low
        high = math.inf if high is None else high
        return Bounds(min(max(inner.low, low), high), max(min(inner.high, high), low))
    if node.op == "Mul" and node.inputs[0] is node.inputs[1]:
        return POSITIVE
    if node.op in ARITHMETIC:
        return _arithmetic(node, deepest - 1)
    if node.op == "Relu":
        inner = bounds_of(node.inputs[0], deepest - 1)
        return Bounds(max(inner.low, 0.0), max(inner.high, 0.0))
    if node.op == "ReduceSum":
        inner = bounds_of(node.inputs[0], deepest - 1)
        return Bounds(0.0 if inner.low >= 0 else -math.inf, 0.0 if inner.high <= 0 else math.inf)
    if node.op in SAME or get_op(node.op).kind is Kind.MOVEMENT or get_op(node.op).passes_on:
        floats = [item for item in node.inputs if item.dtype == value.dtype]
        found = [bounds_of(item, deepest - 1) for item in floats]
        if node.op == "Pad":
            found.append(Bounds(0, 0))
        return Bounds(min(item.low for item in found), max(item.high for item in found)) if found else ANY
    return ANY


def _arithmetic(node: Node, deepest: int) -> Bounds:
    a, b = (bounds_of(item, deepest) for item in node.inputs)
    return ARITHMETIC[node.op](a, b)


def _add(a: Bounds, b: Bounds) -> Bounds:
    return Bounds(a.low + b.low, a.high + b.high)


def _sub(a: Bounds, b: Bounds) -> Bounds:
    return Bounds(a.low - b.high, a.high - b.low)


def _mul(a: Bounds, b: Bounds) -> Bounds:
    corners = [0.0 if 0 in pair else pair[0] * pair[1] for pair in product(a, b)]
    return Bounds(min(corners), max(corners))


def _div(a: Bounds, b: Bounds) -> Bounds:
    if b.low <= 0 <= b.high:
        return POSITIVE if a.low >= 0 and b.low >= 0 else ANY
    return _mul(a, Bounds(*sorted((1 / b.low, 1 / b.high))))


ARITHMETIC: dict[str, Callable[[Bounds, Bounds], Bounds]] = {
    "Add": _add,
    "Sub": _sub,
    "Mul": _mul,
    "Div": _div,
    "Max": lambda a, b: Bounds(max(a.low, b.low), max(a.high, b.high)),
    "Min": lambda a, b: Bounds(min(a.low, b.low), min(a.high, b.high)),
}


def reaches_zero(value: Value, deepest: int = DEEPEST) -> bool:
    """Whether elements are never below zero and may be exactly zero: squares, sizes, rectified values, sums of them."""
    node = value.node
    if node is None or deepest == 0:
        return False
    match node.op:
        case "Relu" | "Abs":
            return True
        case "Clip":
            return node.attributes.get("low") == 0
        case "Mul" if node.inputs[0] is node.inputs[1]:
            return True
        case "Pow":
            return bounds_of(node.inputs[1]) == (2, 2)
        case "Mul" | "Div":
            other = bounds_of(node.inputs[1])
            return other.low > 0 and reaches_zero(node.inputs[0], deepest - 1)
        case "Add":
            return all(reaches_zero(item, deepest - 1) for item in node.inputs)
        case (
            "ReduceSum" | "ReduceMean" | "ReduceMax" | "ReduceMin" | "MaxPool" | "AveragePool" | "Reshape" | "Transpose"
        ):
            return reaches_zero(node.inputs[0], deepest - 1)
    return False
