"""GELU as one operator, where it stands in parts (`ops/gelu.py`)."""

from __future__ import annotations

import math
from collections.abc import Iterator

from netc.compiler.ir import DType, Graph, Value
from netc.compiler.ops.gelu import CUBE
from netc.compiler.passes.dead_code import dead_code
from netc.compiler.passes.rewriter import Rewriter
from netc.compiler.targets.patterns import factors, is_read_within, made_by, number


def gelu(graph: Graph) -> Graph:
    """Write x (share / 2 + 1 / 2) as one operator, the share being erf(x / sqrt(2)) or what a tanh makes of it."""
    readers, outputs = graph.consumers(), frozenset(graph.outputs.values())
    rewriter = Rewriter(graph)
    found = False
    for node in graph.nodes:
        one = _gelu(node.outputs[0]) if node.op == "Mul" else None
        if one is None or not is_read_within(node, one[:1], readers, outputs):
            rewriter.keep(node)
            continue
        x, approximate = one
        (y,) = rewriter.builder(node.origin).add("Gelu", (rewriter.now(x),), {"approximate": approximate})
        rewriter.replace(node.outputs, (y,))
        found = True
    return dead_code(rewriter.finish()) if found else graph


def _gelu(y: Value) -> tuple[Value, str] | None:
    """What a value is the GELU of, and how it is approximated."""
    if y.dtype != DType.FLOAT32:
        return None
    for x, half in factors(y):
        for share in _with_number(half, "Add", 0.5):
            for inner in _with_number(share, "Mul", 0.5):
                approximate = _share(inner, x)
                if approximate is not None:
                    return x, approximate
    return None


def _share(value: Value, x: Value) -> str | None:
    """`none` where a value is erf(x / sqrt(2)), `tanh` where it is tanh(sqrt(2 / pi) (x + 0.044715 x³))."""
    erf, tanh = made_by(value, "Erf"), made_by(value, "Tanh")
    if erf is not None:
        return "none" if x in _with_number(erf.inputs[0], "Mul", math.sqrt(0.5)) else None
    if tanh is None:
        return None
    for inner in _with_number(tanh.inputs[0], "Mul", math.sqrt(2 / math.pi)):
        for first, curved in factors(inner):
            squares = [s for one in _with_number(curved, "Add", 1.0) for s in _with_number(one, "Mul", CUBE)]
            if first is x and any(pair == (x, x) for square in squares for pair in factors(square)):
                return "tanh"
    return None


def _with_number(value: Value, op: str, wanted: float) -> Iterator[Value]:
    """The other input of an operation of which one input is this number."""
    return (first for first, second in factors(value, op) if number(second) == wanted)
