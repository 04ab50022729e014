"""Graphs as text that people read and tests write: `to_text` prints one, `text_reader.from_text` reads it back.

    graph double
    symbol N
    input %x: float32[N, 3]
    %y, %i = TopK(%x) k=2 axis=1 : float32[N, 2], int64[N, 2] @block.layer "a.net":3:1-3:9
    output values = %y

After the operator come its attributes, after the colon the types, after @ the layer and the place in the source.
A graph that a node holds follows its line, up to `end`. docs/ir.md explains it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator

from netc.compiler.ir.dims import Dim, Shape, Symbol
from netc.compiler.ir.graph import DType, Graph, Node, Origin, Tensor, Value


def to_text(graph: Graph) -> str:
    """The graph, a line a value."""
    return "\n".join(_lines(graph)) + "\n"


def _lines(graph: Graph) -> Iterator[str]:
    yield f"graph {graph.name}"
    for symbol in sorted(_symbols(graph), key=lambda symbol: symbol.name):
        bounds = {"minimum": (symbol.minimum, 1), "maximum": (symbol.maximum, None), "divisor": (symbol.divisor, 1)}
        known = "".join(f" {name}={bound}" for name, (bound, unless) in bounds.items() if bound != unless)
        yield f"symbol {symbol.name}{known}"
    yield from _content(graph)


def _content(graph: Graph) -> Iterator[str]:
    for kind, values in (("input", graph.inputs), ("parameter", graph.parameters)):
        for value in values:
            yield f"{kind} %{value.name}: {_type(value)}{_origin(value.origin)}"
    for node in graph.nodes:
        yield _node(node)
        for body in node.bodies.values():
            yield f"  graph {body.name}"
            yield from (f"  {line}" for line in _content(body))
            yield "  end"
    for name, value in graph.outputs.items():
        yield f"output {name} = %{value.name}"


def _node(node: Node) -> str:
    made = ", ".join(f"%{value.name}" for value in node.outputs)
    read = ", ".join(f"%{value.name}" for value in node.inputs)
    attributes = "".join(f" {name}={attribute(value)}" for name, value in node.attributes.items())
    return f"{made} = {node.op}({read}){attributes} : {', '.join(map(_type, node.outputs))}{_origin(node.origin)}"


def _type(value: Value) -> str:
    return f"{value.dtype}{_shape(value.shape)}"


def _shape(shape: Shape) -> str:
    return "[" + ", ".join(map(str, shape)) + "]"


def _origin(origin: Origin) -> str:
    text = f" @{'!' * (origin.purpose is not None)}{origin.scope}" if origin.scope or origin.span else ""
    span = origin.span
    if span is not None:
        text += f" {json.dumps(span.file)}:{span.line}:{span.column}-{span.end_line}:{span.end_column}"
    return text


def attribute(value: object) -> str:
    """The value of an attribute, as the text of a graph writes it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, DType):
        return str(value)
    if isinstance(value, str):
        return json.dumps(value)
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else str(value)
    if isinstance(value, Graph):
        return "graph"
    if isinstance(value, Tensor):
        return f"{value.dtype}{_shape(value.shape)}{attribute(value.values)}"
    if isinstance(value, tuple):
        return "(" + ", ".join(map(attribute, value)) + ("," if len(value) == 1 else "") + ")"
    return str(value)


def _symbols(graph: Graph) -> set[Symbol]:
    found: set[Symbol] = set()

    def look(value: object) -> None:
        if isinstance(value, Dim):
            found.update(value.symbols())
        elif isinstance(value, tuple):
            for item in value:
                look(item)

    for source in graph.sources():
        look(source.shape)
    for node in graph.nodes:
        for attribute in node.attributes.values():
            look(attribute)
        for body in node.bodies.values():
            found.update(_symbols(body))
        for value in node.outputs:
            look(value.shape)
    return found
