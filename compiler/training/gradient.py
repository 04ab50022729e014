"""Reverse mode: the gradients of a loss as nodes of the same graph.

Baydin et al. 2018, arXiv:1502.05767. Each operator declares its own rule (`compiler/ops`); the walk here adds up what
comes from several readers and undoes broadcasting, so that no rule has to think of either.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from netc.compiler.ir import Builder, DType, Graph, Node, Shape, Value
from netc.compiler.ops import get_op
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, DiagnosticError, Severity


def gradients(graph: Graph, loss: Value, wrt: Sequence[Value]) -> dict[Value, Value]:
    """Add nodes that compute d loss / d value for each value of `wrt`, and say which value holds which.

    loss is a floating-point tensor with one element; every gradient has its value's shape. A value that the loss
    does not depend on gets zeros. The new nodes have the origin of the forward node they belong to. Time and memory
    are linear in the number of nodes. Raises DiagnosticError E586 where a gradient would pass what has none.
    """
    assert loss.dtype == DType.FLOAT32, f"a loss is a floating-point number, found {loss.dtype}"
    assert all(size == 1 for size in loss.shape), f"a loss is one number, found shape {loss.shape}"
    forward = list(graph.nodes)
    wanted = depending_on(wrt, forward)
    walk = Walk(Builder(graph, loss.origin), wanted)
    if loss in wanted:
        walk.receive(
            loss, walk.g.Expand(walk.g.constant(1.0), shape=loss.shape) if loss.shape else walk.g.constant(1.0)
        )
        for node in reversed(forward):
            if any(value in wanted for value in node.outputs):
                walk.backward(node)
    result = {value: walk.total(value) for value in dict.fromkeys(wrt)}
    found = {value: total if total is not None else _zeros(walk.g, value) for value, total in result.items()}
    graph.nodes[len(forward) :] = needed(graph.nodes[len(forward) :], found.values())
    return found


def depending_on(wrt: Iterable[Value], nodes: Iterable[Node]) -> set[Value]:
    """The values a gradient flows through: those of `wrt` and what differentiable operators make of them.

    Where a gradient would flow but none is known, the values are among them, and the walk says so.
    """
    found = {value for value in wrt if value.dtype == DType.FLOAT32}
    for node in nodes:
        definition = get_op(node.op)
        if (definition.differentiable or not definition.gradient_known) and not found.isdisjoint(node.inputs):
            found.update(value for value in node.outputs if value.dtype == DType.FLOAT32)
    return found


class Walk:
    """Gradients that have arrived so far; `backward` passes a node's on to its inputs."""

    def __init__(self, g: Builder, wanted: set[Value]) -> None:
        self.g = g
        self.wanted = wanted
        self.arrived: dict[Value, Value] = {}

    def receive(self, value: Value, part: Value) -> None:
        """Add one reader's part to a value's gradient."""
        part = unbroadcast(self.g, part, value.shape)
        known = self.arrived.get(value)
        self.arrived[value] = part if known is None else self.g.Add(known, part)

    def total(self, value: Value) -> Value | None:
        """A value's gradient, None where nothing arrived."""
        return self.arrived.get(value)

    def backward(self, node: Node) -> None:
        """Run the node's rule if a gradient arrived at one of its outputs."""
        arrived = [self.arrived.get(value) for value in node.outputs]
        definition = get_op(node.op)
        if all(part is None for part in arrived):
            return
        if not definition.gradient_known:
            raise _unknown(node)
        self.g.origin = node.origin
        parts = definition.grad(self.g, node, *arrived)
        assert len(parts) == len(node.inputs), (
            f"{node.op} has {counted(len(node.inputs), 'input')}, its rule gives {len(parts)}"
        )
        for value, part in zip(node.inputs, parts, strict=True):
            if part is not None and value in self.wanted:
                self.receive(value, part)


def _unknown(node: Node) -> DiagnosticError:
    """E586: a gradient arrives where none is known."""
    name, scope = node.attributes.get("op", node.op), node.origin.scope
    message = f"no gradient is known through `{name}`" + (f" of layer `{scope}`" if scope else "")
    help = "freeze what is before it, so that no gradient has to pass, or write it with layers, which have gradients"
    if node.origin.span is None:
        return DiagnosticError(Diagnostic("E586", message, help=help))
    return DiagnosticError(Diagnostic.at(Severity.ERROR, "E586", message, node.origin.span, help=help))


def unbroadcast(g: Builder, x: Value, shape: Shape) -> Value:
    """Sum x over the axes along which a value of `shape` was repeated to x's shape."""
    if x.shape == shape:
        return x
    new = x.rank - len(shape)
    assert new >= 0, f"a gradient of shape {x.shape} for a value of shape {shape}"
    repeated = [axis for axis in range(new, x.rank) if x.shape[axis] != shape[axis - new]]
    assert all(shape[axis - new] == 1 for axis in repeated), f"a gradient of shape {x.shape} for a value of {shape}"
    total = g.ReduceSum(x, axes=(*range(new), *repeated))
    return total if total.shape == shape else g.Reshape(total, shape=shape)


def _zeros(g: Builder, value: Value) -> Value:
    g.origin = value.origin
    zero = g.constant(0.0)
    return g.Expand(zero, shape=value.shape) if value.shape else zero


def needed(nodes: Sequence[Node], results: Iterable[Value]) -> list[Node]:
    """The nodes that lead to the results: rules also make gradients that nobody asked for."""
    used = set(results)
    kept: list[Node] = []
    for node in reversed(nodes):
        if not used.isdisjoint(node.outputs):
            used.update(node.inputs)
            kept.append(node)
    return kept[::-1]
