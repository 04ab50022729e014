"""What a loss adds to a graph may be a scan alone, which then reads what was there before."""

from __future__ import annotations

import numpy as np
import pytest
from sessions import session_of
from stages import legalise

from netc.compiler.emit import emit
from netc.compiler.ir import Builder, DType, Graph, Value
from netc.compiler.ir.text_reader import from_text
from netc.compiler.training.gradient import gradients
from netc.compiler.training.scan_gradient import saved_behind

SUM_OF_CUBES = """\
graph sum_of_cubes
input %sum: float32[]
input %x: float32[]
%square = Mul(%x, %x) : float32[]
%cube = Mul(%square, %x) : float32[]
%next = Add(%sum, %cube) : float32[]
output sum = %next
"""
X = np.array([0.5, -1.0, 2.0, 3.0], np.float32)


@pytest.mark.parametrize("before", [0, 1, 2])
def test_the_slope_through_a_scan_alone(before: int) -> None:
    """Of the sum of (2^before x)^3, which is 3 * 8^before x^2."""
    graph = Graph("scan")
    x, start = Value("x", DType.FLOAT32, (4,)), Value("start", DType.FLOAT32, ())
    graph.inputs = [x, start]
    g = Builder(graph)
    read = x
    for _ in range(before):
        read = g.Mul(read, 2.0)
    first = len(graph.nodes)
    value = g.add("Scan", (start, read), {"body": from_text(SUM_OF_CUBES), "carried": 1, "sequences": 1})[0]
    value = saved_behind(graph, first, value)
    slopes = gradients(graph, value, [x, start])
    graph.outputs = {"value": value, "of x": slopes[x], "of start": slopes[start]}
    session = session_of(emit(legalise(graph)).SerializeToString())
    total, of_x, of_start = session.run(None, {"x": X, "start": np.array(7.0, np.float32)})
    assert total == pytest.approx(7 + 8**before * float((X.astype(np.float64) ** 3).sum()), rel=1e-6)
    np.testing.assert_allclose(of_x, 3 * 8**before * X.astype(np.float64) ** 2, rtol=1e-6)
    assert of_start == 1


WITHOUT_SLOPES = """\
graph without_slopes
input %sum: float32SHAPE
input %last: float32SHAPE
input %number: int64[]
input %x: float32SHAPE
input %gate: float32SHAPE
input %limit: float32SHAPE
%factor = Cast(%number) to=float32 : float32[]
%square = Mul(%x, %x) : float32SHAPE
%cube = Mul(%square, %x) : float32SHAPE
%scaled = Mul(%cube, %factor) : float32SHAPE
%zero = Sub(%x, %x) : float32SHAPE
%open = Greater(%gate, %limit) : boolSHAPE
%kept = Where(%open, %scaled, %zero) : float32SHAPE
%next = Add(%sum, %kept) : float32SHAPE
output sum = %next
output last = %cube
"""


@pytest.mark.parametrize("shape", [(), (2,)])
def test_what_no_slope_reaches(shape: tuple[int, ...]) -> None:
    """The state `last` is read by nobody, `gate` and `limit` are compared alone: their slopes are 0. `number` has none.

    Of the sum of number * x^3 where the gate is above its limit, and of the last x^3.
    """
    text = WITHOUT_SLOPES.replace("SHAPE", "[2]" if shape else "[]")
    graph = Graph("scan")
    kinds = {"sum": shape, "last": shape, "number": (4,), "x": (4, *shape), "gate": (4, *shape), "limit": shape}
    inputs = {
        name: Value(name, DType.INT64 if name == "number" else DType.FLOAT32, kind) for name, kind in kinds.items()
    }
    graph.inputs = list(inputs.values())
    g = Builder(graph)
    total, last = g.add("Scan", graph.inputs, {"body": from_text(text), "carried": 2, "sequences": 3})
    both = g.Add(total, last)
    value = saved_behind(graph, 0, g.ReduceSum(both, axes=(0,), keepdims=False) if shape else both)
    real = [input for name, input in inputs.items() if name != "number"]
    slopes = gradients(graph, value, real)
    graph.outputs = {"value": value} | {f"of {input.name}": slopes[input] for input in real}
    columns = (4, *(1 for _ in shape))
    x, gate = ((np.zeros(kinds["x"]) + row.reshape(columns)).astype(np.float32) for row in (X, np.array([2, 0, 0, 2])))
    number = np.array([1, 2, 3, 4])
    feeds = {"sum": np.zeros(shape, np.float32), "last": np.ones(shape, np.float32), "number": number, "x": x,
             "gate": gate, "limit": np.ones(shape, np.float32)}  # fmt: skip
    session = session_of(emit(legalise(graph)).SerializeToString())
    _, of_sum, of_last, of_x, of_gate, of_limit = session.run(None, feeds)
    reached = (gate > 1) * number.reshape(columns).astype(np.float64)
    reached[-1] += 1
    np.testing.assert_allclose(of_x, 3 * reached * x.astype(np.float64) ** 2, rtol=1e-6)
    assert (of_sum == 1).all()
    assert not any(slope.any() for slope in (of_last, of_gate, of_limit))
