"""Graphs print as text and read back as the same graph."""

from __future__ import annotations

import math

import pytest
from stages import legalise

from netc.compiler.ir import BATCH, Builder, Dim, DType, Graph, Origin, Value
from netc.compiler.ir.structure import structure
from netc.compiler.ir.text import to_text
from netc.compiler.ir.text_reader import from_text
from netc.compiler.ir.verify import verify
from netc.compiler.ops import all_ops
from netc.compiler.training.gradient import gradients
from netc.grammar.diagnostics import Span


def network() -> Graph:
    """A small network with symbolic sizes and its gradients."""
    height = Dim.symbol("H", minimum=8, divisor=2)
    graph = Graph("small", [x := Value("image", DType.FLOAT32, (BATCH, 3, height, Dim.symbol("W", minimum=8)))])
    graph.parameters = [w := Value("conv1.weight", DType.FLOAT32, (4, 3, 3, 3))]
    g = Builder(graph, Origin("conv1", Span("nets/a b.net", 3, 1, 3, 20)))
    y = g.Conv(x, w, strides=(2, 2), pads=(1, 1, 1, 1), dilations=(1, 1))
    g.origin = Origin("pool")
    y = g.MaxPool(y, kernel=(3, 3), strides=(2, 2), pads=(1, 1, 1, 1))
    best, index = g.TopK(g.ReduceMax(y, axes=(2, 3)), k=2, axis=1)
    loss = g.Add(
        g.ReduceMean(best, axes=(0, 1)),
        g.ReduceMean(g.Reshape(y, shape=(BATCH, 4 * y.shape[2] * y.shape[3])), axes=(0, 1)),
    )
    graph.outputs = {"loss": loss, "best.index": index, "gradient.conv1.weight": gradients(graph, loss, [w])[w]}
    return graph


@pytest.mark.parametrize("stock", [False, True])
def test_a_network_survives(stock: bool) -> None:
    graph = legalise(network()) if stock else network()
    text = to_text(graph)
    again = from_text(text)
    assert to_text(again) == text
    verify(again)
    assert [node.origin for node in again.nodes] == [node.origin for node in graph.nodes]


@pytest.mark.parametrize("name", all_ops())
def test_every_operator_survives(name: str) -> None:
    for one in all_ops()[name].samples:
        graph = Graph(name)
        dtypes = one.dtypes or (DType.FLOAT32,) * len(one.shapes)
        graph.inputs = [Value(f"x{i}", dtypes[i], shape) for i, shape in enumerate(one.shapes)]
        Builder(graph).add(name, graph.inputs, one.attributes)
        text = to_text(graph)
        again = from_text(text)
        verify(again)
        assert to_text(again) == text
        assert structure(again) == structure(graph)


def test_what_it_looks_like() -> None:
    text = """\
graph double
symbol N
input %x: float32[N, 3]
parameter %scale: float32[]
%y = Mul(%x, %scale) : float32[N, 3] @block.double "a.net":3:1-3:9
%Pad_2 = Pad(%y) pads=(0, 1, 0, 0) value=-inf : float32[N, 4]
%values, %places = TopK(%Pad_2) k=2 axis=1 : float32[N, 2], int64[N, 2] @top
output values = %values
"""
    graph = from_text(text)
    assert str(graph) == text
    verify(graph)
    assert graph.inputs[0].shape == (BATCH, 3)
    assert graph.nodes[0].origin == Origin("block.double", Span("a.net", 3, 1, 3, 9))
    assert graph.nodes[1].attributes["value"] == -math.inf


def test_new_names_stay_new() -> None:
    graph = from_text("graph g\ninput %x: float32[2]\n%Exp_7 = Exp(%x) : float32[2]\n")
    for _ in range(8):
        Builder(graph).Exp(graph.inputs[0])
    verify(graph)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("%y = Exp(%z) : float32[2]", "line 3: nothing makes %z"),
        ("%y = Exp(%x) : float33[2]", "line 3: 'float33' is not a valid DType"),
        ("%y = Exp(%x)", "line 3: the line ends too early"),
        ("%y = Exp(%x) : float32[2] @a more", "line 3"),
        ("%y = Exp(%x) : float32[M]", "line 3: could not convert string to float: 'M'"),
        ("y = Exp(%x) : float32[2]", "line 3: a value is expected, found `y`"),
        ("%y = Exp(%x) ; float32[2]", "line 3: `;` is not expected"),
    ],
)
def test_what_cannot_be_read_is_located(line: str, message: str) -> None:
    with pytest.raises(ValueError, match="^" + message.replace("(", "\\(")):
        from_text(f"graph g\ninput %x: float32[2]\n{line}\n")
