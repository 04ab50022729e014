"""Small models of a few nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

Array = np.ndarray[Any, Any]


def model(
    nodes: Sequence[onnx.NodeProto],
    inputs: Mapping[str, Sequence[int | str]],
    weights: Mapping[str, Array],
    outputs: Sequence[str] = ("y",),
    *,
    opset: int = 20,
    whole: Sequence[str] = (),
) -> onnx.ModelProto:
    """A model of these nodes; `whole` are the inputs of whole numbers."""
    given = [
        helper.make_tensor_value_info(name, TensorProto.INT64 if name in whole else TensorProto.FLOAT, list(shape))
        for name, shape in inputs.items()
    ]
    made = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs]
    stored = [numpy_helper.from_array(array, name) for name, array in weights.items()]
    graph = helper.make_graph(list(nodes), "g", given, made, stored)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def weight(*shape: int, seed: int = 0) -> Array:
    """Random numbers that are no pattern."""
    return np.random.default_rng([seed, *shape]).standard_normal(shape).astype(np.float32) * np.float32(0.5)
