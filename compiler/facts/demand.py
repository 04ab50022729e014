"""What a graph asks of the machine that runs it, held to limits before anything is made for it.

A small text may ask for any amount, and a model from a stranger becomes a text: a value of 2^40 numbers, a window of
2^31 places. ONNX Runtime would begin, and neither end nor be interrupted.
"""

from __future__ import annotations

import math

from netc.compiler.ir import Graph, Node, Shape, Size, Value, substitute, symbols
from netc.compiler.ops import get_op
from netc.compiler.ops.facts import Kind
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Label
from netc.grammar.limits import STEPS, VALUE

BYTES = {"float32": 4, "int64": 8, "int32": 4, "bool": 1, "uint8": 1, "float16": 2, "bfloat16": 2}


def check_demand(graph: Graph) -> None:
    """Raise LimitError E141 for a value that is too large, or for too many steps, of one example.

    The batch counts as one example, every other open size as the smallest that it may be: what is given decides. What
    is no larger than the largest parameter is left to the limit of those.
    """
    counts = _Counts()
    largest = max((counts.of(value.shape) for value in graph.parameters), default=0)
    _check_values(graph, max(VALUE.value, 4 * largest), counts)
    _check_steps(graph, counts)


def _check_values(graph: Graph, most: int, counts: _Counts) -> None:
    for value in (*graph.inputs, *(result for node in graph.nodes for result in node.outputs)):
        size = counts.of(value.shape) * BYTES[value.dtype.value]
        if size > most:
            message = f"{_called(value)} takes {VALUE.shown(size)} for one example"
            raise VALUE.error(message, _place(value), help="make what it is computed from smaller")
    for body in (body for node in graph.nodes for body in node.bodies.values()):
        _check_values(body, most, counts)


def _check_steps(graph: Graph, counts: _Counts) -> None:
    found = 0
    for node in graph.nodes:
        found += _steps(node, counts)
        if found > STEPS.value:
            value = node.outputs[0]
            message = f"{_called(value)} is reached after {counted(found, 'multiplication')} for one example"
            raise STEPS.error(message, _place(value), help="make the maps, the windows or the layers smaller")


def _steps(node: Node, counts: _Counts) -> int:
    """Multiply-accumulates of a node, or how many places its windows have, for one example."""
    if node.bodies:
        times = counts.number(node.inputs[node.attributes["carried"]].shape[0])
        return times * sum(_steps(inner, counts) for body in node.bodies.values() for inner in body.nodes)
    operator = get_op(node.op)
    if operator.kind is Kind.PRODUCT:
        return counts.number(operator.flops(node))
    if operator.kind is Kind.WINDOW:
        kernel: tuple[int, ...] = node.attributes["kernel"]
        return counts.of(node.outputs[0].shape) * math.prod(kernel)
    return 0


class _Counts:
    """Sizes as numbers, each open one as the smallest that it may be. Shapes of a graph are few and come often."""

    def __init__(self) -> None:
        self._known: dict[Shape, int] = {}

    def of(self, shape: Shape) -> int:
        """The elements of a shape."""
        found = self._known.get(shape)
        if found is None:
            found = self._known[shape] = math.prod(map(self.number, shape))
        return found

    def number(self, size: Size) -> int:
        """A size as a number."""
        if isinstance(size, int):
            return size
        least = {symbol: -(-symbol.minimum // symbol.divisor) * symbol.divisor for symbol in symbols(size)}
        found = substitute(size, least)
        assert isinstance(found, int)
        return found


def _called(value: Value) -> str:
    return f"`{value.origin.scope}`" if value.origin.scope else f"`{value.name}`"


def _place(value: Value) -> Label | None:
    return None if value.origin.span is None else Label(value.origin.span)
