"""Every operator on every sample: its shape and its values, against onnx and ONNX Runtime."""

from __future__ import annotations

import numpy as np
import onnx
import pytest

from netc.compiler.emit.protobuf import ELEMENT_TYPES

from .one_operator import CASES, assert_close, graph_of, inputs_of, model_of, reference, runtime, sample_of


@pytest.mark.parametrize(("name", "index"), CASES)
def test_shape_is_onnx_s(name: str, index: int) -> None:
    graph = graph_of(name, sample_of(name, index))
    inferred = onnx.shape_inference.infer_shapes(model_of(graph, "float32"), strict_mode=True, data_prop=True)
    assert len(inferred.graph.output) == len(graph.outputs)
    for port, value in zip(inferred.graph.output, graph.outputs.values(), strict=True):
        assert port.type.tensor_type.elem_type == ELEMENT_TYPES[value.dtype.value]
        assert [size.dim_value for size in port.type.tensor_type.shape.dim] == list(value.shape)


@pytest.mark.quick(120)
@pytest.mark.parametrize(("name", "index"), CASES)
def test_runtime_agrees_with_reference(name: str, index: int) -> None:
    one = sample_of(name, index)
    graph = graph_of(name, one)
    feeds = inputs_of(name, one)
    expected = reference(graph, feeds)
    plain, optimized = runtime(graph, feeds, optimized=False), runtime(graph, feeds)
    for i, value in enumerate(graph.outputs.values()):
        assert plain[i].dtype == np.dtype(value.dtype.value)
        assert plain[i].shape == value.shape
        assert_close(plain[i], expected[i], 2e-6)
        assert_close(optimized[i], expected[i], 2e-6)
