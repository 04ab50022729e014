"""Updates of many small tensors as one update of their stack: fewer nodes to load and to start."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Iterator

from netc.compiler.ir import Builder, Graph, Node, Origin, Value
from netc.compiler.ops import get_op
from netc.compiler.ops.facts import Kind
from netc.compiler.passes.lanes import lanes
from netc.compiler.passes.rewriter import Rewriter

SMALL = 1 << 16
"""Elements of a tensor that is worth copying into a stack; the update of a larger one takes longer than to start it."""

PIECE = 1 << 20
"""Elements of a stack, 4 MB: more than that leaves the caches between two operators."""

FEWEST = 4
"""Tensors in a stack: below, gathering and cutting takes as many nodes as it saves."""


def stacked_updates(graph: Graph) -> Graph:
    """Small parameters whose update is the same and which differ in their first size alone are updated together.

    They lie one after the other along the first axis, so that gathering and cutting them are plain copies; the
    elements take the same arithmetic as alone, and sums, products, quotients and roots are equal bit for bit.
    """
    outputs = set(graph.outputs.values())
    groups: dict[Hashable, list[list[Node]]] = defaultdict(list)
    for lane in lanes(graph):
        pattern = _pattern(lane)
        if pattern is not None:
            groups[pattern].append(lane)
    ends: dict[Node, list[list[Node]]] = {}
    absorbed: set[Node] = set()
    place = {node: number for number, node in enumerate(graph.nodes)}
    for group in groups.values():
        for piece in _pieces(group):
            ends[max((lane[-1] for lane in piece), key=place.__getitem__)] = piece
            absorbed.update(node for lane in piece for node in lane)
    rewriter = Rewriter(graph)
    for node in graph.nodes:
        if node in ends:
            _write(rewriter, ends[node], outputs)
        elif node not in absorbed:
            rewriter.keep(node)
    return rewriter.finish()


def _pattern(lane: list[Node]) -> Hashable:
    """What must agree for two updates to be stacked; None where this one cannot be."""
    shape = lane[0].outputs[0].shape
    sizes = [size for size in shape if isinstance(size, int)]
    if not sizes or len(sizes) < len(shape) or math.prod(sizes) > SMALL:
        return None
    known: dict[Value, int] = {}
    steps = []
    for node in lane:
        elementwise = get_op(node.op).kind is Kind.ELEMENTWISE
        if not elementwise or node.attributes or any(value.shape != shape for value in node.outputs):
            return None
        if any(value.shape not in ((), shape) for value in node.inputs):
            return None
        reads = tuple(known.setdefault(value, len(known)) if value.shape else value for value in node.inputs)
        steps.append((node.op, reads, known.setdefault(node.output, len(known))))
    return shape[1:], lane[0].output.dtype, tuple(steps)


def _pieces(group: list[list[Node]]) -> Iterator[list[list[Node]]]:
    piece: list[list[Node]] = []
    count = 0
    for lane in group:
        size = math.prod(size for size in lane[0].output.shape if isinstance(size, int))
        if count + size > PIECE:
            if len(piece) >= FEWEST:
                yield piece
            piece, count = [], 0
        piece.append(lane)
        count += size
    if len(piece) >= FEWEST:
        yield piece


def _write(rewriter: Rewriter, piece: list[list[Node]], outputs: set[Value]) -> None:
    g: Builder = rewriter.builder(Origin.of("stack", piece[0][0].origin.scope.removeprefix("optimizer.")))
    rows = [size for lane in piece for size in lane[0].output.shape[:1] if isinstance(size, int)]
    stacks: dict[Value, Value] = {}
    for step, node in enumerate(piece[0]):
        for position, value in enumerate(node.inputs):
            if value.shape and value not in stacks:
                parts = [rewriter.now(lane[step].inputs[position]) for lane in piece]
                stacks[value] = g.Concat(*parts, axis=0)
        made = g.add(node.op, [stacks.get(value, rewriter.now(value)) for value in node.inputs], node.attributes)
        stacks[node.output] = made[0]
        if node.output in outputs:
            parts = list(g.add("Split", [made[0]], {"axis": 0, "sizes": tuple(rows)}))
            rewriter.replace([lane[step].output for lane in piece], parts)
