"""Layer normalization with its scale and bias as one operator."""

from __future__ import annotations

from netc.compiler.ir import DType, Graph, Node, Value
from netc.compiler.ops.checks import normal_axes
from netc.compiler.passes.dead_code import dead_code
from netc.compiler.passes.rewriter import Rewriter
from netc.compiler.targets.normalization import is_over_last_axes
from netc.compiler.targets.patterns import factors, is_read_within, made_by


def scaled_normalization(graph: Graph) -> Graph:
    """Take a scale and a bias of what is normalized into the operator that normalizes."""
    readers, outputs = graph.consumers(), frozenset(graph.outputs.values())
    rewriter = Rewriter(graph)
    found = False
    for node in graph.nodes:
        one = _scaled(node) if node.op == "Add" else None
        if one is None or not is_read_within(node, one[1:], readers, outputs):
            rewriter.keep(node)
            continue
        normalized, x, *_ = one
        given = normalized.attributes
        inputs = tuple(map(rewriter.now, one[1:]))
        settings = {"axis": min(normal_axes(x, given["axes"])), "epsilon": given["epsilon"]}
        rewriter.replace(node.outputs, rewriter.builder(node.origin).add("ScaledLayerNormalization", inputs, settings))
        found = True
    return dead_code(rewriter.finish()) if found else graph


def _scaled(add: Node) -> tuple[Node, Value, Value, Value] | None:
    """The normalization whose scaled result an addition shifts, what it normalizes, its scale and its bias."""
    for product, bias in factors(add.outputs[0], "Add"):
        for middle, scale in factors(product):
            node = made_by(middle, "Standardization")
            if node is None or node.outputs[0] is not middle or not is_over_last_axes(node):
                continue
            shape = middle.shape[min(normal_axes(middle, node.attributes["axes"])) :]
            if middle.dtype == DType.FLOAT32 and scale.shape == bias.shape == shape:
                return node, node.inputs[0], scale, bias
    return None
