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
