"""Drops operations that change nothing, such as a gradient walk leaves behind, and joins two that are one."""

from __future__ import annotations

from netc.compiler.ir import Builder, Graph, Node, Value
from netc.compiler.ops import get_op
from netc.compiler.ops.facts import Neutral
from netc.compiler.passes.rewriter import Rewriter


def identities(graph: Graph) -> Graph:
    """The graph without Identity, `x * 1`, `x + 0`, reshapes and casts to what is there; double transposes joined."""
    rewriter = Rewriter(graph)
    for node in graph.nodes:
        found = _simpler(rewriter, node)
        if found is None:
            rewriter.keep(node)
        else:
            rewriter.replace(node.outputs, (found,))
    return rewriter.finish()


def _simpler(rewriter: Rewriter, node: Node) -> Value | None:
    """What a node's result is without it."""
    neutral = get_op(node.op).neutral
    if neutral is not None:
        return _other_than(neutral, node, rewriter.inputs(node))
    match node.op:
        case "Identity":
            return rewriter.now(node.inputs[0])
        case "Cast":
            x = rewriter.now(node.inputs[0])
            return x if x.dtype == node.output.dtype else None
        case "Expand":
            x = rewriter.now(node.inputs[0])
            return x if x.shape == node.output.shape else None
        case "Reshape":
            return _reshape(rewriter.builder(node.origin), node, rewriter.now(node.inputs[0]))
        case "Transpose":
            return _transpose(rewriter.builder(node.origin), node, rewriter.now(node.inputs[0]))
    return None


def _reshape(g: Builder, node: Node, x: Value) -> Value | None:
    """A reshape of a reshape is one."""
    source = x.node.inputs[0] if x.node is not None and x.node.op == "Reshape" else x
    if source.shape == node.output.shape:
        return source
    return g.Reshape(source, shape=node.output.shape) if source is not x else None


def _transpose(g: Builder, node: Node, transposed: Value) -> Value | None:
    """A transpose of a transpose is one, or none."""
    x, axes = transposed, node.attributes["axes"]
    assert isinstance(axes, tuple)
    joined: tuple[object, ...] = axes
    if x.node is not None and x.node.op == "Transpose":
        before = x.node.attributes["axes"]
        assert isinstance(before, tuple)
        joined = tuple(before[axis] for axis in axes if isinstance(axis, int))
        x = x.node.inputs[0]
    if joined == tuple(range(len(joined))):
        return x
    return g.Transpose(x, axes=joined) if x is not transposed else None


def _other_than(neutral: Neutral, node: Node, inputs: tuple[Value, ...]) -> Value | None:
    """x of `x + 0`, `x * 1`, where the constant doesn't widen the result."""
    for kept, other in ((0, 1), (1, 0)) if neutral.either_side else ((0, 1),):
        if _is_constant(inputs[other], neutral.number) and inputs[kept].shape == node.output.shape:
            return inputs[kept]
    return None


def _is_constant(value: Value, number: float) -> bool:
    if value.node is None or value.node.op != "Constant":
        return False
    values = getattr(value.node.attributes["value"], "values")  # noqa: B009
    return all(item == number for item in values)
