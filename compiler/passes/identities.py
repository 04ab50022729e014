"""Drops operations that change nothing, such as a gradient walk leaves behind, and joins two that are one."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from netc.compiler.ir import Builder, Graph, Node, Value
from netc.compiler.passes.rewriter import Rewriter


def identities(graph: Graph) -> Graph:
    """The graph without Identity, `x * 1`, `x + 0`, reshapes and casts to what is there; double transposes joined."""
    rewriter = Rewriter(graph)
    for node in graph.nodes:
        inputs = rewriter.inputs(node)
        rule = _RULES.get(node.op)
        found = rule(rewriter.builder(node.origin), node, inputs) if rule else None
        if found is None:
            rewriter.keep(node)
        else:
            rewriter.replace(node.outputs, (found,))
    return rewriter.finish()


Rule = Callable[[Builder, Node, tuple[Value, ...]], Value | None]


def _first(g: Builder, node: Node, inputs: tuple[Value, ...]) -> Value | None:
    return inputs[0]


def _same_shape(g: Builder, node: Node, inputs: tuple[Value, ...]) -> Value | None:
    return inputs[0] if inputs[0].shape == node.output.shape else None


def _same_type(g: Builder, node: Node, inputs: tuple[Value, ...]) -> Value | None:
    return inputs[0] if inputs[0].dtype == node.output.dtype else None


def _reshape(g: Builder, node: Node, inputs: tuple[Value, ...]) -> Value | None:
    """A reshape of a reshape is one."""
    x = inputs[0]
    source = x.node.inputs[0] if x.node is not None and x.node.op == "Reshape" else x
    if source.shape == node.output.shape:
        return source
    return g.Reshape(source, shape=node.output.shape) if source is not x else None


def _transpose(g: Builder, node: Node, inputs: tuple[Value, ...]) -> Value | None:
    """A transpose of a transpose is one, or none."""
    x, axes = inputs[0], node.attributes["axes"]
    assert isinstance(axes, tuple)
    joined: tuple[object, ...] = axes
    if x.node is not None and x.node.op == "Transpose":
        before = x.node.attributes["axes"]
        assert isinstance(before, tuple)
        joined = tuple(before[axis] for axis in axes if isinstance(axis, int))
        x = x.node.inputs[0]
    if joined == tuple(range(len(joined))):
        return x
    return g.Transpose(x, axes=joined) if x is not inputs[0] else None


def _neutral(number: float, *, either_side: bool) -> Rule:
    """`x + 0`, `x * 1`, where the constant doesn't widen the result."""

    def rule(g: Builder, node: Node, inputs: tuple[Value, ...]) -> Value | None:
        sides = ((0, 1), (1, 0)) if either_side else ((0, 1),)
        for kept, other in sides:
            if _is_constant(inputs[other], number) and inputs[kept].shape == node.output.shape:
                return inputs[kept]
        return None

    return rule


def _is_constant(value: Value, number: float) -> bool:
    if value.node is None or value.node.op != "Constant":
        return False
    values = getattr(value.node.attributes["value"], "values")  # noqa: B009
    return all(item == number for item in values)


_RULES: Mapping[str, Rule] = {
    "Identity": _first,
    "Cast": _same_type,
    "Expand": _same_shape,
    "Reshape": _reshape,
    "Transpose": _transpose,
    "Add": _neutral(0, either_side=True),
    "Sub": _neutral(0, either_side=False),
    "Mul": _neutral(1, either_side=True),
    "Div": _neutral(1, either_side=False),
}
