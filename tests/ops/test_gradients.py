"""Every gradient on every sample: against differences in float64, and in float32 on ONNX Runtime."""

from __future__ import annotations

import numpy as np
import pytest

from netc.compiler.ir import DType, Graph, Value
from netc.compiler.ops import all_ops
from netc.compiler.training.gradient import gradients
from netc.compiler.training.scan_gradient import saved_for_gradient

from .one_operator import (
    CASES,
    Array,
    assert_close,
    evaluator,
    graph_of,
    inputs_of,
    reference,
    runtime,
    sample_of,
    weighted_loss,
)

RESULTS = {"Split": 2, "Standardization": 2, "LayerNormalization": 2, "BatchNormalizationTraining": 3, "Scan": 2}
SEVERAL = [(name, 1, at) for name, results in RESULTS.items() for at in range(results)]
"""Operators of several results, with a sample, and which result alone is read."""

FIRST_ONLY = {"MaxPoolGradient": 2, "BatchNormalizationGradient": 0}
"""Operators without a second derivative, and a sample of each: of MaxPoolGradient one whose windows overlap."""


def has_a_gradient(name: str, index: int) -> bool:
    given = sample_of(name, index).attributes
    if name == "MaxPoolGradient":
        return all(s >= k for s, k in zip(given["strides"], given["kernel"], strict=True))
    return name not in FIRST_ONLY


DIFFERENTIABLE = [
    (name, index)
    for name, index in CASES
    if all_ops()[name].differentiable
    and has_a_gradient(name, index)
    and (sample_of(name, index).dtypes or (DType.FLOAT32,))[-1 if name == "Where" else 0] == DType.FLOAT32
    and sample_of(name, index).attributes.get("to") in (None, DType.FLOAT32)
]
STEP = 1e-5


def with_gradients(name: str, index: int, which: list[int] | None = None) -> tuple[Graph, list[Value]]:
    """The operator's graph with a weighted sum of its outputs, or of some, as `loss`, and its inputs' gradients."""
    graph = graph_of(name, sample_of(name, index))
    graph = saved_for_gradient(graph, graph.inputs)
    outputs = [value for value in graph.outputs.values() if value.dtype == DType.FLOAT32]
    outputs = outputs if which is None else [outputs[at] for at in which]
    weights = [Value(f"w{i}", DType.FLOAT32, value.shape) for i, value in enumerate(outputs)]
    floats = [value for value in graph.inputs if value.dtype == DType.FLOAT32]
    graph.inputs.extend(weights)
    loss = weighted_loss(graph, outputs, weights)
    found = gradients(graph, loss, floats)
    graph.outputs = {"loss": loss, **{f"d{value.name}": found[value] for value in floats}}
    return graph, floats


def feeds_of(name: str, index: int, graph: Graph) -> dict[str, Array]:
    feeds = inputs_of(name, sample_of(name, index))
    random = np.random.default_rng(7)
    return feeds | {
        value.name: np.asarray(random.uniform(-1, 1, value.shape)) for value in graph.inputs if value.name not in feeds
    }


@pytest.mark.quick(90)
@pytest.mark.parametrize(("name", "index"), DIFFERENTIABLE)
def test_gradient_is_the_slope(name: str, index: int) -> None:
    graph, floats = with_gradients(name, index)
    compare_with_differences(name, index, graph, floats)


@pytest.mark.parametrize(("name", "index", "at"), SEVERAL)
def test_gradient_of_one_result_alone(name: str, index: int, at: int) -> None:
    compare_with_differences(name, index, *with_gradients(name, index, [at]))


def compare_with_differences(name: str, index: int, graph: Graph, floats: list[Value]) -> None:
    feeds = feeds_of(name, index, graph)
    expected = reference(graph, feeds)
    graph.outputs = {"loss": graph.outputs["loss"]}
    loss_of = evaluator(graph)
    random = np.random.default_rng(11)
    for value, gradient in zip(floats, expected[1:], strict=True):
        if name.startswith("BatchNormalization") and len(floats) == 5 and value in floats[3:]:
            np.testing.assert_array_equal(gradient, 0.0)
            continue
        direction = np.asarray(random.uniform(-1, 1, value.shape))
        slopes = [
            loss_of.run(None, {**feeds, value.name: feeds[value.name] + sign * STEP * direction})[0] for sign in (1, -1)
        ]
        slope = (slopes[0] - slopes[1]) / (2 * STEP)
        scale = max(1.0, float(np.abs(gradient * direction).sum()))
        assert abs(slope - float((gradient * direction).sum())) < 1e-7 * scale, value.name


@pytest.mark.quick(100)
@pytest.mark.parametrize(("name", "index"), DIFFERENTIABLE)
def test_gradient_in_float32(name: str, index: int) -> None:
    graph, _ = with_gradients(name, index)
    feeds = feeds_of(name, index, graph)
    for found, expected in list(zip(runtime(graph, feeds), reference(graph, feeds), strict=True))[1:]:
        assert_close(found, expected, 2e-6)


@pytest.mark.parametrize("name", sorted(FIRST_ONLY))
def test_a_missing_second_derivative_is_no_silent_zero(name: str) -> None:
    with pytest.raises(AssertionError, match="no second derivative"):
        with_gradients(name, FIRST_ONLY[name])
