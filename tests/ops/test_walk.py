"""Reverse mode over whole graphs: fan-out, dead ends, depth, what is left out."""

from __future__ import annotations

import numpy as np
import pytest

from netc.compiler.ir import BATCH, Builder, DType, Graph, Node, Origin, Tensor, Value
from netc.compiler.ir.verify import verify
from netc.compiler.training.gradient import gradients, unbroadcast
from netc.grammar.diagnostics import Span

from .one_operator import reference

F, INT = DType.FLOAT32, DType.INT64


def start(*shapes: tuple[int, ...]) -> tuple[Graph, Builder, list[Value]]:
    graph = Graph("g", [Value(f"x{i}", F, shape) for i, shape in enumerate(shapes)])
    return graph, Builder(graph), graph.inputs


def total(g: Builder, x: Value) -> Value:
    return g.ReduceSum(x, axes=tuple(range(x.rank)))


def test_every_reader_counts() -> None:
    graph, g, (x,) = start((3,))
    y = g.Add(g.Mul(x, x), g.Mul(x, 3.0))
    found = gradients(graph, total(g, y), [x])
    graph.outputs = {"dx": found[x]}
    verify(graph)
    values = np.array([1.0, -2.0, 0.5])
    np.testing.assert_allclose(reference(graph, {"x0": values})[0], 2 * values + 3)


def test_what_the_loss_does_not_reach_gets_zeros() -> None:
    graph, g, (x, y, z) = start((3,), (2, 2), ())
    g.Exp(y)
    found = gradients(graph, total(g, x), [x, y, z])
    graph.outputs = {"dx": found[x], "dy": found[y], "dz": found[z]}
    results = reference(graph, {"x0": np.ones(3), "x1": np.ones((2, 2)), "x2": np.ones(())})
    assert [result.tolist() for result in results] == [[1, 1, 1], [[0, 0], [0, 0]], 0]


def test_the_loss_itself_and_inner_values() -> None:
    graph, g, (x,) = start((3,))
    y = g.Mul(x, 2.0)
    loss = total(g, g.Mul(y, y))
    found = gradients(graph, loss, [y, loss])
    graph.outputs = {"dy": found[y], "dloss": found[loss]}
    results = reference(graph, {"x0": np.array([1.0, 2.0, 3.0])})
    assert [result.tolist() for result in results] == [[4, 8, 12], 1]


def test_no_gradient_through_indices_and_comparisons() -> None:
    graph, g, (x,) = start((2, 3))
    label = g.ArgMax(x, axis=1)
    mask = g.Cast(g.Greater(x, 0.0), to=F)
    loss = total(g, g.Mul(g.Mul(g.OneHot(label, depth=3), mask), x))
    found = gradients(graph, loss, [x])
    graph.outputs = {"dx": found[x]}
    assert reference(graph, {"x0": np.array([[1.0, 2.0, 0.0], [3.0, -1.0, 4.0]])})[0].tolist() == [[0, 1, 0], [0, 0, 1]]


def test_whole_numbers_and_the_path_to_other_inputs_cost_nothing() -> None:
    graph, g, (x, w) = start((2, 3, 8, 8), (4, 3, 3, 3))
    y = g.Conv(x, w, strides=(1, 1), pads=(1, 1, 1, 1), dilations=(1, 1))
    loss = total(g, y)
    gradients(graph, loss, [w])
    assert "ConvInputGradient" not in {node.op for node in graph.nodes}
    verify(graph)


def test_nodes_before_stay_and_new_ones_follow() -> None:
    graph, g, (x,) = start((3,))
    loss = total(g, g.Exp(x))
    before = list(graph.nodes)
    gradients(graph, loss, [x])
    assert graph.nodes[: len(before)] == before
    names = [value.name for node in graph.nodes for value in node.outputs]
    Builder(graph).Exp(x)
    assert graph.nodes[-1].output.name not in names


def test_a_gradient_remembers_the_forward_line() -> None:
    origin = Origin("stage1.conv", Span("a.net", 3, 1, 3, 9))
    graph, g, (x,) = start((3,))
    g.origin = origin
    y = g.Exp(x)
    g.origin = Origin()
    gradients(graph, total(g, y), [x])
    assert graph.nodes[-1].op == "Mul"
    assert graph.nodes[-1].origin == origin


@pytest.mark.parametrize("shape", [(3,), (1, 3), (2, 1), (), (1, 1), (4, 1, 1)])
def test_broadcasting_is_undone(shape: tuple[int, ...]) -> None:
    graph, g, (x,) = start((4, 2, 3))
    graph.outputs = {"y": unbroadcast(g, x, shape)}
    values = np.random.default_rng(0).uniform(-1, 1, (4, 2, 3))
    lead = 3 - len(shape)
    axes = tuple(range(lead)) + tuple(i + lead for i, size in enumerate(shape) if size != values.shape[i + lead])
    np.testing.assert_allclose(reference(graph, {"x0": values})[0], values.sum(axes).reshape(shape))


def test_broadcasting_along_a_symbolic_batch_is_undone() -> None:
    graph = Graph("g", [x := Value("x", F, (BATCH, 3)), b := Value("b", F, (3,))])
    g = Builder(graph)
    found = gradients(graph, total(g, g.Mul(g.Add(x, b), g.Add(x, b))), [b])
    graph.outputs = {"db": found[b]}
    values = np.random.default_rng(0).uniform(-1, 1, (5, 3))
    np.testing.assert_allclose(reference(graph, {"x": values, "b": np.ones(3)})[0], 2 * (values + 1).sum(0))


def test_depth_is_linear_and_needs_no_recursion() -> None:
    def nodes(depth: int) -> int:
        graph, g, (x,) = start((2, 4))
        y = x
        for _ in range(depth):
            y = g.Add(g.Tanh(y), y)
        gradients(graph, total(g, y), [x])
        return len(graph.nodes)

    small, large = nodes(1000), nodes(4000)
    assert large - 2 <= 4 * small
    assert large < 40_000


def test_a_loss_is_one_floating_point_number() -> None:
    graph, g, (x,) = start((3,))
    with pytest.raises(AssertionError, match="one number"):
        gradients(graph, x, [x])
    with pytest.raises(AssertionError, match="floating-point"):
        gradients(graph, g.Constant(value=Tensor(INT, (), (1,))), [x])


def test_second_derivatives() -> None:
    graph, g, (x,) = start((3,))
    first = gradients(graph, total(g, g.Mul(g.Exp(x), x)), [x])[x]
    second = gradients(graph, total(g, first), [x])[x]
    graph.outputs = {"d2": second}
    verify(graph)
    values = np.array([0.1, -0.5, 1.0])
    np.testing.assert_allclose(reference(graph, {"x0": values})[0], (values + 2) * np.exp(values))


def test_nodes_are_told_apart() -> None:
    _, g, (x,) = start((3,))
    made = [g.Exp(x).node for _ in range(3)]
    assert all(isinstance(node, Node) for node in made)
    assert len({node.output.name for node in made if node}) == 3


def test_a_dense_layer_takes_three_products_and_no_transposed_result() -> None:
    graph, g, (x, w) = start((5, 3), (4, 3))
    y = g.MatMul(x, g.Transpose(w, axes=(1, 0)))
    found = gradients(graph, total(g, g.Mul(y, y)), [x, w])
    graph.outputs = {"dx": found[x], "dw": found[w]}
    verify(graph)
    assert [node.op for node in graph.nodes].count("MatMul") == 3
    assert found[w].node is not None
    assert found[w].node.op == "MatMul"
    assert found[x].node is not None
    assert found[x].node.inputs[1] is w
    feeds = {
        "x0": np.random.default_rng(0).uniform(-1, 1, (5, 3)),
        "x1": np.random.default_rng(1).uniform(-1, 1, (4, 3)),
    }
    dy = 2 * feeds["x0"] @ feeds["x1"].T
    np.testing.assert_allclose(reference(graph, feeds)[0], dy @ feeds["x1"])
    np.testing.assert_allclose(reference(graph, feeds)[1], dy.T @ feeds["x0"])


def test_weights_used_twice_and_transposed() -> None:
    graph, g, (x, w) = start((3, 3), (3, 3))
    turned = g.Transpose(w, axes=(1, 0))
    y = g.MatMul(g.MatMul(x, turned), g.Add(turned, w))
    found = gradients(graph, total(g, y), [w])
    graph.outputs = {"dw": found[w]}
    verify(graph)
    random = np.random.default_rng(0)
    x_, w_ = random.uniform(-1, 1, (3, 3)), random.uniform(-1, 1, (3, 3))
    expected = np.zeros((3, 3))
    for i, j in np.ndindex(3, 3):
        step = np.zeros((3, 3))
        step[i, j] = 1e-6
        high, low = (((x_ @ v.T) @ (v.T + v)).sum() for v in (w_ + step, w_ - step))
        expected[i, j] = (high - low) / 2e-6
    np.testing.assert_allclose(reference(graph, {"x0": x_, "x1": w_})[0], expected, atol=1e-8)
