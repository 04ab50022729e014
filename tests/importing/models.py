"""Small foreign models, and what an import of one is compared with: the model itself in ONNX Runtime."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from netc.compiler import Imported, Net, compile_inference, load_model
from netc.runtime.devices.device import CPU
from netc.runtime.sessions.session import Session

Array = np.ndarray[Any, Any]
ROWS, OPEN = 3, 8


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


def imported(proto: onnx.ModelProto | bytes, folder: Path) -> tuple[Net, Imported]:
    """A model as a net."""
    path = folder / "model.onnx"
    path.write_bytes(proto if isinstance(proto, bytes) else proto.SerializeToString())
    return load_model(str(path))


def apart(proto: onnx.ModelProto | bytes, net: Net, found: Imported, most: int = 5) -> float:
    """The largest difference of the outputs, as a share of the largest number; whole inputs are below `most`."""
    content = proto if isinstance(proto, bytes) else proto.SerializeToString()
    theirs, ours = Session(content, CPU), Session(compile_inference(net, net.start), CPU)
    random = np.random.default_rng(1)
    given: dict[str, Array] = {}
    for item in theirs.session.get_inputs():
        shape = [size if isinstance(size, int) and size > 0 else OPEN for size in item.shape]
        shape[0] = item.shape[0] if isinstance(item.shape[0], int) else ROWS
        whole = "int64" in item.type
        given[item.name] = random.integers(0, most, shape) if whole else random.standard_normal(shape).astype("f4")
    expected = theirs.session.run(None, given)
    made = ours.session.run(None, {found.inputs[name]: array for name, array in given.items() if name in found.inputs})
    names = [item.name for item in ours.session.get_outputs()]
    differences = []
    for item, array in zip(theirs.session.get_outputs(), expected, strict=True):
        mine = made[names.index(found.outputs[item.name])]
        assert mine.shape == array.shape
        differences.append(float(np.abs(np.subtract(mine, array, dtype="f8")).max() / max(1e-6, np.abs(array).max())))
    return max(differences)
