"""Padding along one axis as a join with constants, which the runtime copies in longer runs."""

from __future__ import annotations

from netc.compiler.ir import Graph, Node
from netc.compiler.ops.checks import surely_less
from netc.compiler.passes.rewriter import Rewriter


def pads_as_joins(graph: Graph) -> Graph:
    """Write every Pad of a single axis as Concat, unless it may cut something off."""
    rewriter = Rewriter(graph)
    for node in graph.nodes:
        axis = _only_axis(node) if node.op == "Pad" else None
        if axis is None:
            rewriter.keep(node)
            continue
        g = rewriter.builder(node.origin)
        (x,) = rewriter.inputs(node)
        pads, value = node.attributes["pads"], node.attributes["value"]
        parts = [x]
        for count, at in ((pads[axis], 0), (pads[axis + x.rank], 2)):
            if count:
                shape = (*x.shape[:axis], count, *x.shape[axis + 1 :])
                parts.insert(at, g.Expand(g.constant(value, x.dtype), shape=shape))
        rewriter.replace(node.outputs, (g.Concat(*parts, axis=axis),))
    return rewriter.finish()


def _only_axis(node: Node) -> int | None:
    pads = node.attributes["pads"]
    rank = len(pads) // 2
    axes = {index % rank for index, pad in enumerate(pads) if pad}
    inside = all(surely_less(-1, pad) for pad in pads)
    return axes.pop() if len(axes) == 1 and inside else None
