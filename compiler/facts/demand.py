"""What a graph asks of the machine that runs it, held to limits before anything is made for it.

A small text may ask for any amount, and a model from a stranger becomes a text: a value of 2^40 numbers, a window of
2^31 places. ONNX Runtime would begin, and neither end nor be interrupted.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from netc.compiler.ir import Graph, Node, Shape, Size, Value, next_multiple, substitute, symbols
from netc.compiler.ops import get_op
from netc.compiler.ops.facts import Kind
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Label
from netc.grammar.limits import STEPS, VALUE

BYTES = {"float32": 4, "int64": 8, "int32": 4, "bool": 1, "uint8": 1, "float16": 2, "bfloat16": 2}
"""Of one number of each type."""

WORK = (Kind.PRODUCT, Kind.WINDOW, Kind.CONTROL)
"""What takes many steps for one number."""


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
            raise VALUE.error(message, _place(value), help="make what it is computed from smaller", asked=size)
    for _, node in _of_kinds(graph, Kind.CONTROL):
        for body in node.bodies.values():
            _check_values(body, most, counts)


def _check_steps(graph: Graph, counts: _Counts) -> None:
    found = 0
    for kind, node in _of_kinds(graph, *WORK):
        found += _steps(kind, node, counts)
        if found > STEPS.value:
            value = node.outputs[0]
            message = f"{_called(value)} is reached after {counted(found, 'multiplication')} for one example"
            raise STEPS.error(
                message, _place(value), help="make the maps, the windows or the layers smaller", asked=found
            )


def _steps(kind: Kind, node: Node, counts: _Counts) -> int:
    """Multiply-accumulates of a node, or how many places its windows have, for one example."""
    if kind is Kind.PRODUCT:
        return least(get_op(node.op).flops(node))
    if kind is Kind.WINDOW:
        kernel: tuple[int, ...] = node.attributes["kernel"]
        return counts.of(node.outputs[0].shape) * math.prod(kernel)
    times = least(node.inputs[node.attributes["carried"]].shape[0])
    inner = (found for body in node.bodies.values() for found in _of_kinds(body, *WORK))
    return times * sum(_steps(*found, counts) for found in inner)


def _of_kinds(graph: Graph, *kinds: Kind) -> Iterator[tuple[Kind, Node]]:
    """The nodes of some kinds; each operator is asked once."""
    known = {op: get_op(op).kind for op in {node.op for node in graph.nodes}}
    wanted = {op: kind for op, kind in known.items() if kind in kinds}
    return ((wanted[node.op], node) for node in graph.nodes if node.op in wanted)


class _Counts:
    """Sizes as numbers, each open one as the smallest that it may be; those of a graph live as long as it does."""

    def __init__(self) -> None:
        self._known: dict[int, int] = {}

    def of(self, shape: Shape) -> int:
        """The elements of a shape of the graph."""
        count = 1
        for size in shape:
            if isinstance(size, int):
                count *= size
            else:
                if id(size) not in self._known:
                    self._known[id(size)] = least(size)
                count *= self._known[id(size)]
        return count


def least(size: Size) -> int:
    """A size as a number, where each open size in it is the smallest that it may be."""
    if isinstance(size, int):
        return size
    values = {symbol: next_multiple(symbol.minimum, symbol.divisor) for symbol in symbols(size)}
    found = substitute(size, values)
    assert isinstance(found, int)
    return found


def _called(value: Value) -> str:
    return f"`{value.origin.scope}`" if value.origin.scope else f"`{value.name}`"


def _place(value: Value) -> Label | None:
    return None if value.origin.span is None else Label(value.origin.span)
