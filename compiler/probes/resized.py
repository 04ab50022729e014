"""A network on inputs of another size than its text declares, as far as convolutions and pooling carry it."""

from __future__ import annotations

from collections.abc import Mapping

from netc.compiler.ir import Builder, Graph, Value, language_shape
from netc.compiler.ir.operators import ShapeError
from netc.grammar.diagnostics import Diagnostic, DiagnosticError


def resized(graph: Graph, sizes: Mapping[str, tuple[int, ...]]) -> Graph:
    """The graph with other positions, and every shape after them worked out again.

    sizes  {input: its height and width, or its length}; inputs that aren't named stay

    Raises DiagnosticError E281 where a layer needs the size that is declared, as a dense one after a flatten does.
    """
    now: dict[Value, Value] = {}
    result = graph.with_nodes([])
    result.inputs = [_moved(value, sizes) for value in graph.inputs]
    now.update(zip(graph.inputs, result.inputs, strict=True))
    for node in graph.nodes:
        g = Builder(result, node.origin)
        try:
            made = g.add(node.op, [now.get(value, value) for value in node.inputs], node.attributes)
        except ShapeError as error:
            layer = node.origin.scope or node.op
            shown = ", ".join(f"{name} {'x'.join(map(str, size))}" for name, size in sizes.items())
            message = f"`{layer}` does not work on an input of another size: {shown}"
            help = "take a layer before it, or the size that the text declares"
            raise DiagnosticError(Diagnostic("E281", message, notes=(str(error),), help=help)) from error
        now.update(zip(node.outputs, made, strict=True))
    result.outputs = {name: now.get(value, value) for name, value in graph.outputs.items()}
    return result


def _moved(value: Value, sizes: Mapping[str, tuple[int, ...]]) -> Value:
    size = sizes.get(value.name)
    if size is None:
        return value
    kept = len(value.shape) - len(size)
    assert len(language_shape(value)) > len(size), f"{value.name} has too few axes for {size}"
    return Value(value.name, value.dtype, (*value.shape[:kept], *size), value.origin)
