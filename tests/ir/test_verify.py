"""What verify refuses, one break at a time."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from netc.compiler.ir import Builder, DType, Graph, Node, Value
from netc.compiler.ir.verify import verify


def valid() -> Graph:
    graph = Graph("g", [x := Value("x", DType.FLOAT32, (2, 3))], [w := Value("w", DType.FLOAT32, (3, 4))])
    g = Builder(graph)
    graph.outputs = {"y": g.Softmax(g.MatMul(x, w), axis=1)}
    return graph


def test_a_valid_graph_passes() -> None:
    verify(valid())


def swap_nodes(graph: Graph) -> None:
    graph.nodes.reverse()


def change_type(graph: Graph) -> None:
    graph.nodes[1].output.shape = (2, 5)


def drop_attribute(graph: Graph) -> None:
    del graph.nodes[1].attributes["axis"]


def refuse_inputs(graph: Graph) -> None:
    graph.nodes[1].attributes["axis"] = 2


def repeat_name(graph: Graph) -> None:
    graph.nodes[1].output.name = "x"


def run_twice(graph: Graph) -> None:
    graph.nodes.append(graph.nodes[1])


def lose_output(graph: Graph) -> None:
    graph.outputs["z"] = Value("z", DType.FLOAT32, ())


def lose_maker(graph: Graph) -> None:
    graph.nodes[1].output.node = None


def make_source(graph: Graph) -> None:
    graph.inputs[0].node = Node("Exp", (), {})


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (swap_nodes, "which nothing before it makes"),
        (change_type, r"Softmax makes .*\[2, 5\].*infers"),
        (drop_attribute, r"has attributes \[\], not \['axis'\]"),
        (refuse_inputs, "refuses its inputs: axis 2"),
        (repeat_name, "two values are called x"),
        (run_twice, "is made twice"),
        (lose_output, "output z is"),
        (lose_maker, "does not name Softmax"),
        (make_source, "is a source"),
    ],
)
def test_a_broken_graph_is_refused(break_it: Callable[[Graph], None], message: str) -> None:
    graph = valid()
    break_it(graph)
    with pytest.raises(AssertionError, match=message):
        verify(graph)
