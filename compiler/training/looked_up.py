"""Which numbers an input may have because something looks them up: the rows of an embedding, the marks of `one_hot`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from netc.compiler.ir import DType, Graph, Node, Value, product
from netc.compiler.net import Net
from netc.compiler.ops import get_op
from netc.compiler.ops.facts import Kind
from netc.compiler.training.assembly import Assembly


def known_rows(graph: Graph, given: Value) -> int | None:
    """How many numbers from 0 on the tables have that an input of whole numbers chooses from; None: nothing says so.

    Only what takes the input as it is counts. What is looked up by numbers that the net works out is not known here.
    """
    if given.dtype is not DType.INT64:
        return None
    return min(_tables(graph.consumers(), given), default=None)


def take_input(a: Assembly, net: Net, value: Value, **facts: Any) -> None:
    """An input of the net, with the numbers that it may have."""
    rows = known_rows(net.graph, value)
    known = {} if rows is None else {"rows": rows}
    a.take(value, "data", f"input {value.name} of net {net.name}", **facts, **known)


def _tables(consumers: Mapping[Value, list[Node]], given: Value) -> Iterator[int]:
    for node in consumers.get(given, []):
        if _rearranges(node, given):
            yield from _tables(consumers, node.output)
        elif node.op == "OneHot":
            yield int(node.attributes["depth"])
        elif node.op == "Gather" and node.inputs[1] is given:
            size = node.inputs[0].shape[int(node.attributes["axis"])]
            if isinstance(size, int):
                yield size


def _rearranges(node: Node, given: Value) -> bool:
    """Whether all numbers of a value are in the result, at other places: a reshape or transpose."""
    moved = get_op(node.op).kind is Kind.MOVEMENT and len(node.inputs) == 1
    return moved and product(given.shape) == product(node.output.shape)
