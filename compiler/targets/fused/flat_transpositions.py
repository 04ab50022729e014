"""Transpositions of flattened maps as transpositions of the maps, which conversions between layouts take in."""

from __future__ import annotations

from netc.compiler.ir import Graph, Node, Value
from netc.compiler.passes.dead_code import dead_code
from netc.compiler.passes.rewriter import Rewriter
from netc.compiler.targets.patterns import made_by

EXCHANGED = (0, 2, 1)
LAST, BACK = (0, 2, 3, 1), (0, 3, 1, 2)
"""From [N, C, H, W] to [N, H, W, C], and back."""


def flat_transpositions(graph: Graph) -> Graph:
    """[N, C, H, W] as [N, C, H W] as [N, H W, C] goes by [N, H, W, C], and so it does on the way back."""
    rewriter = Rewriter(graph)
    found = False
    for node in graph.nodes:
        g = rewriter.builder(node.origin)
        if (maps := _flattened(node)) is not None:
            turned = g.Transpose(rewriter.now(maps), axes=LAST)
            rewriter.replace(node.outputs, (g.Reshape(turned, shape=node.output.shape),))
        elif (rows := _unflattened(node)) is not None:
            n, c, h, w = node.output.shape
            maps = g.Reshape(rewriter.now(rows), shape=(n, h, w, c))
            rewriter.replace(node.outputs, (g.Transpose(maps, axes=BACK),))
        else:
            rewriter.keep(node)
            continue
        found = True
    return dead_code(rewriter.finish()) if found else graph


def _flattened(node: Node) -> Value | None:
    """The maps whose places a transposition puts in front of their channels."""
    if node.op != "Transpose" or node.attributes["axes"] != EXCHANGED:
        return None
    flat = made_by(node.inputs[0], "Reshape")
    maps = flat.inputs[0] if flat is not None else None
    return maps if maps is not None and maps.rank == 4 and maps.shape[:2] == node.inputs[0].shape[:2] else None


def _unflattened(node: Node) -> Value | None:
    """The rows, one a place, that a node makes maps of again."""
    turned = made_by(node.inputs[0], "Transpose", axes=EXCHANGED) if node.op == "Reshape" else None
    if turned is None or node.output.rank != 4 or node.output.shape[:2] != turned.output.shape[:2]:
        return None
    return turned.inputs[0]
