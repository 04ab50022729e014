"""Gradients that are written in fewer or larger operators than the rule says, because those are faster."""

from __future__ import annotations

import numpy as np
import pytest

from netc.compiler.ir import Builder, DType, Graph, Origin, Value
from netc.compiler.ops import all_ops
from netc.compiler.training.gradient import _unknown, gradients, unbroadcast
from netc.grammar.diagnostics import Severity, Span

from .one_operator import reference


def operators(graph: Graph, made: Value, wrt: list[Value]) -> tuple[list[str], dict[Value, Value]]:
    """The operators of the gradients of the sum of a value, in order."""
    g = Builder(graph)
    loss = g.ReduceSum(made, axes=tuple(range(made.rank)))
    forward = len(graph.nodes)
    found = gradients(graph, loss, wrt)
    return [node.op for node in graph.nodes[forward:]], found


def graph_with(*shapes: tuple[int, ...]) -> tuple[Graph, Builder]:
    inputs = [Value(f"x{at}", DType.FLOAT32, shape) for at, shape in enumerate(shapes)]
    graph = Graph("short", inputs)
    return graph, Builder(graph)


@pytest.mark.parametrize("exponent", [2.0, 3.0, 1.0, -1.0, 0.5])
def test_a_power_by_a_number_needs_no_question_for_zero(exponent: float) -> None:
    graph, g = graph_with((3,))
    words, _ = operators(graph, g.Pow(graph.inputs[0], exponent), graph.inputs)
    assert "Where" not in words
    assert ("Pow" in words) == (exponent != 2.0)


def test_a_power_by_several_numbers_has_the_slope_of_each() -> None:
    graph, g = graph_with((3,))
    exponents = [2.0, 3.0, 0.0]
    _, found = operators(graph, g.Pow(graph.inputs[0], g.constant(exponents)), graph.inputs)
    graph.outputs = {"dx": found[graph.inputs[0]]}
    x = np.array([0.5, 2.0, 3.0])
    (slope,) = reference(graph, {"x0": x})
    np.testing.assert_allclose(slope, [b * a ** (b - 1) for a, b in zip(x, exponents, strict=True)])


def test_a_power_by_what_is_computed() -> None:
    graph, g = graph_with((1,), (1,))
    a, b = graph.inputs
    _, found = operators(graph, g.Pow(a, g.Neg(b)), [a, b])
    graph.outputs = {"da": found[a], "db": found[b]}
    da, db = reference(graph, {"x0": np.array([2.0]), "x1": np.array([3.0])})
    np.testing.assert_allclose([da[0], db[0]], [-3 * 2.0**-4, -np.log(2) * 2.0**-3])


def test_a_slope_that_nothing_made_is_transposed() -> None:
    """As the slopes of a scan's body, which are its inputs."""
    graph, g = graph_with((3, 4), (4, 3))
    x, dy = graph.inputs
    node = g.Transpose(x, axes=(1, 0)).node
    assert node is not None
    (slope,) = all_ops()["Transpose"].grad(g, node, dy)
    assert slope is not None
    assert slope.shape == x.shape


def test_rows_of_the_first_axis_are_gathered_without_transposing() -> None:
    graph, g = graph_with((5, 3))
    words, _ = operators(graph, g.Gather(graph.inputs[0], g.constant((1, 1), DType.INT64), axis=0), graph.inputs)
    assert "Transpose" not in words


@pytest.mark.parametrize("shape", [(), (1,), (1, 1)])
def test_a_loss_of_one_element_has_the_slope_of_a_number(shape: tuple[int, ...]) -> None:
    graph, g = graph_with((3,))
    (x,) = graph.inputs
    loss = g.Reshape(g.ReduceSum(g.Mul(x, x), axes=(0,)), shape=shape)
    graph.outputs = {"dx": gradients(graph, loss, [x])[x]}
    (slope,) = reference(graph, {"x0": np.array([1.0, 2.0, 3.0])})
    np.testing.assert_allclose(slope, [2.0, 4.0, 6.0])


def test_nothing_flows_through_what_stops_it() -> None:
    """Wherever it stands: at the end, or before something that has a gradient."""
    graph, g = graph_with((1,))
    (x,) = graph.inputs
    stopped = g.StopGradient(x)
    for number, loss in enumerate([stopped, g.Mul(stopped, 2.0), g.Add(g.Mul(x, 0.0), stopped)]):
        graph.outputs[f"d{number}"] = gradients(graph, loss, [x])[x]
    assert [slope.item() for slope in reference(graph, {"x0": np.array([3.0])})] == [0.0, 0.0, 0.0]


def test_a_power_by_a_value_is_no_number() -> None:
    graph, g = graph_with((1,), (1,))
    words, _ = operators(graph, g.Pow(*graph.inputs), graph.inputs)
    assert words.count("Where") == 2


def test_a_batch_of_products_with_one_matrix_is_one_product() -> None:
    graph, g = graph_with((5, 3, 4), (4, 2))
    words, _ = operators(graph, g.MatMul(*graph.inputs), graph.inputs)
    assert words.count("MatMul") == 2
    assert words.count("Reshape") == 2 + 1  # one is of the sum
    assert "ReduceSum" not in words


def test_a_product_of_matrices_is_reshaped_nowhere() -> None:
    graph, g = graph_with((3, 4), (4, 2))
    words, _ = operators(graph, g.MatMul(*graph.inputs), graph.inputs)
    assert words.count("MatMul") == 2
    assert words.count("Reshape") == 1  # of the sum


def test_what_was_transposed_is_not_transposed_back() -> None:
    """The slope of the matrix is a product of its own shape, and that of the other takes the matrix as it was."""
    graph, g = graph_with((3, 4), (2, 4))
    x, w = graph.inputs
    _, found = operators(graph, g.MatMul(x, g.Transpose(w, axes=(1, 0))), [x, w])
    assert found[w].node is not None
    assert found[w].node.op == "MatMul"
    assert found[x].node is not None
    assert found[x].node.inputs[1] is w


def test_other_orders_of_axes_are_transposed() -> None:
    graph, g = graph_with((2, 3, 4), (2, 3, 5))
    a, b = graph.inputs
    swapped = g.Transpose(a, axes=(1, 0, 2))
    product = g.MatMul(g.Transpose(swapped, axes=(1, 2, 0)), b)
    _, found = operators(graph, product, [a, b])
    graph.outputs = {"da": found[a], "db": found[b]}
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 3, 5))
    da, db = reference(graph, {"x0": x, "x1": y})
    ones = np.ones((2, 4, 5))
    np.testing.assert_allclose(da, np.einsum("nkc,nrc->nrk", ones, y))
    np.testing.assert_allclose(db, np.einsum("nkc,nrk->nrc", ones, x))


def test_windows_that_overlap_along_one_axis_have_no_second_derivative() -> None:
    graph, g = graph_with((1, 1, 4, 4))
    windows = {"kernel": (2, 2), "strides": (2, 1), "pads": (0, 0, 0, 0)}
    y = g.MaxPool(graph.inputs[0], **windows)
    first = gradients(graph, g.ReduceSum(g.Mul(y, y), axes=(0, 1, 2, 3)), graph.inputs)[graph.inputs[0]]
    with pytest.raises(AssertionError, match="no second derivative"):
        gradients(graph, g.ReduceSum(first, axes=(0, 1, 2, 3)), graph.inputs)


def test_a_product_whose_bias_is_weighted() -> None:
    graph, g = graph_with((2, 3), (3, 4), (4,))
    _, found = operators(graph, g.Gemm(*graph.inputs, beta=2.5), graph.inputs)
    graph.outputs = {"d": found[graph.inputs[2]]}
    (slope,) = reference(graph, {"x0": np.ones((2, 3)), "x1": np.ones((3, 4)), "x2": np.ones(4)})
    np.testing.assert_allclose(slope, np.full(4, 5.0))


def test_padding_learns_nothing() -> None:
    """Along any axis, with indices of any number of axes."""
    for shape, axis, places in [((5, 3), 0, (2, 2)), ((2, 5, 3), 1, (4,)), ((2, 5), 1, (2, 2))]:
        data, indices = Value("x0", DType.FLOAT32, shape), Value("x1", DType.INT64, places)
        graph = Graph("one", [data, indices])
        g = Builder(graph)
        _, found = operators(graph, g.Gather(data, indices, axis=axis, padding=2), [data])
        graph.outputs = {"d": found[data]}
        taken = np.array([2, 1, 2, 4]).reshape(places)
        (slope,) = reference(graph, {"x0": np.zeros(shape), "x1": taken})
        expected = np.zeros(shape)
        for number in (1, 4):
            expected[(slice(None),) * axis + (number,)] = 1.0
        np.testing.assert_array_equal(slope, expected)


@pytest.mark.parametrize("span", [None, Span("a.net", 3, 1, 3, 5)])
@pytest.mark.parametrize("scope", ["", "head"])
def test_what_has_no_gradient_is_said_at_its_place(scope: str, span: Span | None) -> None:
    graph, g = graph_with((3,))
    g.origin = Origin(scope, span)
    node = g.Neg(graph.inputs[0]).node
    assert node is not None
    (found,) = _unknown(node).diagnostics
    assert found.code == "E586"
    assert found.severity is Severity.ERROR
    assert found.message == "no gradient is known through `Neg`" + (" of layer `head`" if scope else "")
    assert (found.primary.span if found.primary else None) == span
    assert found.help is not None
    assert found.help.startswith("freeze what is before it")


@pytest.mark.parametrize("shape", [(2, 3, 4), (3, 4), (3, 1), (1, 1), (2, 1, 4), (4,), (1,), ()])
def test_what_was_repeated_is_added_up(shape: tuple[int, ...]) -> None:
    """To a gradient of the value's own shape; one that has it is left alone."""
    graph, g = graph_with((2, 3, 4))
    (x,) = graph.inputs
    found = unbroadcast(g, x, shape)
    assert found.shape == shape
    assert (found is x) == (shape == x.shape)
    assert [node.op for node in graph.nodes].count("Reshape") == (1 in shape)
    graph.outputs = {"y": found}
    numbers = np.arange(24.0).reshape(2, 3, 4)
    axes = tuple(at for at, size in enumerate((1,) * (3 - len(shape)) + shape) if size == 1)
    np.testing.assert_allclose(reference(graph, {"x0": numbers})[0], numbers.sum(axes, keepdims=True).reshape(shape))


def test_only_what_leads_to_a_gradient_is_kept() -> None:
    """A product has two; who asks for one gets no node of the other."""
    graph, g = graph_with((2, 3), (3, 4))
    a, b = graph.inputs
    product = g.MatMul(a, b)
    assert operators(graph, product, [a])[0].count("MatMul") == 1
    assert operators(graph, product, [a, b])[0].count("MatMul") == 2


def test_a_number_of_its_own_gets_a_gradient_without_axes() -> None:
    graph, g = graph_with((), ())
    a, b = graph.inputs
    found = gradients(graph, g.Mul(a, 2.0), [a, b])
    assert [found[value].shape for value in (a, b)] == [(), ()]
    assert "Expand" not in [node.op for node in graph.nodes]
    graph.outputs = {"da": found[a], "db": found[b]}
    assert [slope.item() for slope in reference(graph, {"x0": np.array(1.0), "x1": np.array(1.0)})] == [2.0, 0.0]


def test_what_a_rule_has_no_gradient_for_gets_none() -> None:
    """Running statistics, which no training moves by a slope."""
    shapes = {"x": (4, 3), "scale": (3,), "shift": (3,), "mean": (3,), "variance": (3,)}
    graph, g = graph_with(*shapes.values())
    for value, name in zip(graph.inputs, shapes, strict=True):
        value.name = name
    y = g.BatchNormalization(*graph.inputs, epsilon=1e-5)
    found = gradients(graph, g.ReduceSum(g.Mul(y, y), axes=(0, 1)), graph.inputs)
    graph.outputs = {f"d{value.name}": slope for value, slope in found.items()}
    random = np.random.default_rng(0)
    slopes = reference(graph, {name: random.uniform(1, 2, shape) for name, shape in shapes.items()})
    for (name, shape), slope in zip(shapes.items(), slopes, strict=True):
        assert slope.shape == shape
        assert slope.any() == (name not in ("mean", "variance"))
