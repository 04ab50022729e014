"""What a valid graph is. Every pass leaves one; tests check that after each."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.ir.graph import Graph, Node, Value
from netc.compiler.ir.operators import ShapeError, operator


def verify(graph: Graph) -> None:
    """Raise AssertionError, with all that is wrong, where a graph is not valid.

    Valid is: a node reads only sources and what earlier nodes made; its attributes are complete and its outputs have
    the type and shape that its operator infers; each value is made once and by the node it names; names are unique;
    outputs exist. The graphs that a node holds are valid too, have no parameters, and read nothing from outside.
    """
    problems = list(_problems(graph))
    assert not problems, f"graph {graph.name} is not valid:\n" + "\n".join(problems)


def _problems(graph: Graph) -> Iterator[str]:
    known: set[Value] = set()
    names: set[str] = set()
    for value in graph.sources():
        if value.node is not None:
            yield f"{value} is a source, but names a node that makes it"
        yield from _introduce(value, known, names)
    for node in graph.nodes:
        for value in node.inputs:
            if value not in known:
                yield f"{node.op} reads {value}, which nothing before it makes"
        for value in node.outputs:
            if value.node is not node:
                yield f"{value} does not name {node.op}, which makes it"
            yield from _introduce(value, known, names)
        yield from _wrong_declaration(node)
        for name, body in node.bodies.items():
            if body.parameters:
                yield f"{node.op}, {name}: a body reads its inputs, and has no parameters"
            yield from (f"{node.op}, {name}: {problem}" for problem in _problems(body))
    for name, value in graph.outputs.items():
        if value not in known:
            yield f"output {name} is {value}, which nothing makes"


def _introduce(value: Value, known: set[Value], names: set[str]) -> Iterator[str]:
    if value in known:
        yield f"{value} is made twice"
    elif value.name in names:
        yield f"two values are called {value.name}"
    known.add(value)
    names.add(value.name)


def _wrong_declaration(node: Node) -> Iterator[str]:
    definition = operator(node.op)
    if node.attributes.keys() != definition.attributes.keys():
        yield f"{node.op} has attributes {sorted(node.attributes)}, not {sorted(definition.attributes)}"
        return
    try:
        inferred = definition.infer(node.inputs, node.attributes)
    except ShapeError as error:
        yield f"{node.op} refuses its inputs: {error.message}"
        return
    actual = tuple((value.dtype, tuple(value.shape)) for value in node.outputs)
    expected = tuple((dtype, tuple(shape)) for dtype, shape in inferred)
    if actual != expected:
        yield f"{node.op} makes {list(node.outputs)}, its operator infers {expected}"
