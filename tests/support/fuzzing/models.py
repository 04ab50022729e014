"""ONNX models, damaged: through import, and through the loading and running of `netc predict`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from fuzzing.kind import Kind
from fuzzing.mutate import NUMBERS, mutated

OPERATORS = (
    "Relu",
    "Softmax",
    "Flatten",
    "Transpose",
    "Identity",
    "Conv",
    "MatMul",
    "Gemm",
    "Add",
    "Mul",
    "Concat",
    "Split",
    "Reshape",
    "Slice",
    "Gather",
    "Pad",
    "Expand",
    "Tile",
    "Resize",
    "MaxPool",
    "AveragePool",
    "BatchNormalization",
    "LSTM",
    "Shape",
    "ReduceMean",
    "Cast",
    "Clip",
    "Where",
    "ConstantOfShape",
    "Range",
    "TopK",
    "Unsqueeze",
    "Squeeze",
    "Einsum",
    "CumSum",
    "LayerNormalization",
    "If",
    "Loop",
    "Scan",
    "NonZero",
    "OneHot",
    "GridSample",
    "ConvTranspose",
    "DepthToSpace",
)
TEXT = """net A {
  input image: 1x6x6
  conv(4, 3x3, pad=same, act=relu) -> batchnorm -> maxpool(2x2) -> flatten -> dropout(0.5)
  logits = dense(3)
}
train A { loss = cross_entropy(logits, label); optimizer = sgd(lr=0.1); metrics = [accuracy]; batch = 4 }
"""


@cache
def samples() -> list[bytes]:
    """Small models of other exporters' kinds, and one that netc wrote."""
    from onnx import TensorProto, helper, numpy_helper

    node, random = helper.make_node, np.random.default_rng(0)

    def model(nodes: Sequence[Any], shape: Sequence[int | str], weights: dict[str, Any]) -> bytes:
        given = [helper.make_tensor_value_info("x", TensorProto.FLOAT, list(shape))]
        made = [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)]
        stored = [numpy_helper.from_array(np.asarray(value), name) for name, value in weights.items()]
        graph = helper.make_graph(list(nodes), "g", given, made, stored)
        proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=8)
        return bytes(proto.SerializeToString())

    def numbers(*shape: int) -> Any:
        return random.standard_normal(shape).astype(np.float32)

    dense = [node("Gemm", ["x", "w", "b"], ["h"], transB=1), node("Relu", ["h"], ["r"]), node("Softmax", ["r"], ["y"])]
    convolution = [
        node("Conv", ["x", "w", "b"], ["c"], pads=[1, 1, 1, 1], kernel_shape=[3, 3], strides=[2, 2]),
        node("BatchNormalization", ["c", "s", "b", "b", "s"], ["n"]),
        node("MaxPool", ["n"], ["p"], kernel_shape=[2, 2]),
        node("Shape", ["p"], ["size"]),
        node("Gather", ["size", "zero"], ["first"]),
        node("Concat", ["first", "rest"], ["to"], axis=0),
        node("Reshape", ["p", "to"], ["y"]),
    ]
    attention = [
        node("MatMul", ["x", "w"], ["q"]),
        node("Transpose", ["q"], ["t"], perm=[0, 2, 1]),
        node("MatMul", ["q", "t"], ["s"]),
        node("Mul", ["s", "scale"], ["m"]),
        node("Softmax", ["m"], ["a"], axis=-1),
        node("MatMul", ["a", "q"], ["v"]),
        node("LayerNormalization", ["v", "g", "h"], ["l"]),
        node("Split", ["l"], ["one", "two"], axis=-1, num_outputs=2),
        node("Slice", ["one", "from", "until", "axis"], ["z"]),
        node("Concat", ["z", "two"], ["y"], axis=-1),
    ]
    recurrent = [
        node("Transpose", ["x"], ["t"], perm=[1, 0, 2]),
        node("LSTM", ["t", "w", "r", "b"], ["all", "last"], hidden_size=2),
        node("Squeeze", ["last", "axis"], ["y"]),
    ]
    two = np.array([2, 2], np.float32)
    return [
        model(dense, ("N", 4), {"w": numbers(3, 4), "b": numbers(3)}),
        model(
            convolution,
            ("N", 3, 8, 8),
            {
                "w": numbers(2, 3, 3, 3),
                "b": numbers(2),
                "s": np.abs(two),
                "zero": np.array([0]),
                "rest": np.array([-1]),
            },
        ),
        model(
            attention,
            ("N", 3, 4),
            {
                "w": numbers(4, 4),
                "scale": np.float32(0.5),
                "g": numbers(4),
                "h": numbers(4),
                "from": np.array([0]),
                "until": np.array([3]),
                "axis": np.array([1]),
            },
        ),
        model(
            recurrent,
            ("N", 3, 2),
            {"w": numbers(1, 8, 2), "r": numbers(1, 8, 2), "b": numbers(1, 16), "axis": np.array([0])},
        ),
        own(),
    ]


@cache
def own() -> bytes:
    """A model that netc wrote, with its manifest, its text and its weights."""
    from netc.compiler.load import load
    from netc.compiler.weights.draw import initial_weights
    from netc.runtime.runs.export import deployable

    net = load("a.net", source=TEXT)
    return deployable(net, weights=initial_weights(net))


def damaged(random: Random) -> bytes:
    """A model with one to four fields of its records changed, or its bytes."""
    content = random.choice(samples())
    if random.random() < 0.4:
        return mutated(random, content, [name.encode() for name in OPERATORS], samples())
    from onnx import ModelProto

    proto = ModelProto.FromString(content)
    for _ in range(random.choice((1, 1, 2, 4))):
        _change(random, proto)
    return bytes(proto.SerializeToString())


def _change(random: Random, message: Any, depth: int = 0) -> None:
    """Change a field of a record, or of one inside it."""
    fields = message.ListFields()
    if not fields:
        return
    field, value = random.choice(fields)
    repeated = not isinstance(value, (int, float, str, bytes, bool)) and hasattr(value, "extend")
    if repeated:
        at = random.randrange(len(value))
        match random.randrange(8):
            case 0:
                del value[at]
            case 1 if len(value) < 50:
                value.extend([value[at]])
            case 2 if field.message_type is None and len(value) > 1:
                value[at] = value[random.randrange(len(value))]
            case _ if field.message_type is not None:
                _change(random, value[at], depth + 1)
            case _:
                value[at] = _other(random, value[at], field)
    elif field.message_type is not None:
        if random.random() < 0.1:
            message.ClearField(field.name)
        else:
            _change(random, value, depth + 1)
    elif random.random() < 0.1:
        message.ClearField(field.name)
    else:
        setattr(message, field.name, _other(random, value, field))


def _other(random: Random, value: Any, field: Any) -> Any:
    """Another value of a field."""
    if isinstance(value, str):
        return random.choice(
            (*OPERATORS, "", "x", "y", "w", "\0", value + "a", value[1:], "../../etc/passwd", "é" * 40)
        )
    if isinstance(value, bytes):
        return mutated(random, value)
    if isinstance(value, float):
        return random.choice((0.0, -1.0, 1e38, float("nan"), float("inf"), value / 2))
    if field.enum_type is not None:
        return random.choice(field.enum_type.values).number
    most = 31 if field.cpp_type in (field.CPPTYPE_INT32, field.CPPTYPE_UINT32) else 63
    number = random.choice((value + 1, value - 1, -value, *NUMBERS))
    low = 0 if field.cpp_type in (field.CPPTYPE_UINT32, field.CPPTYPE_UINT64) else -(1 << most)
    return min(max(number, low), (1 << most) - 1)


def read_import(content: bytes, place: Path) -> None:
    """The model as a text, and the text as a net."""
    from netc.compiler.load import load_model

    path = place / "model.onnx"
    path.write_bytes(content)
    load_model(str(path))


def read_predict(content: bytes, place: Path) -> None:
    """What `netc predict` does with a model and a row of zeros."""
    from netc.runtime.devices.device import CPU
    from netc.runtime.runs.deployed import Deployed

    path = place / "model.onnx"
    path.write_bytes(content)
    network = Deployed.open(path, CPU, answers=True, threads=1)
    shapes = [
        [size if isinstance(size, int) and 0 < size < 100 else 2 for size in port["shape"]] for port in network.inputs
    ]
    shapes = [shape or [2] for shape in shapes]  # there is a row at least of whatever is asked about
    feeds = {port["name"]: np.zeros(shape, port["dtype"]) for port, shape in zip(network.inputs, shapes, strict=True)}
    if not feeds:
        return
    outputs = network.run(feeds)
    scores = network.class_scores(outputs)
    used = {network.outputs[0]: scores} if scores is not None else {name: outputs[name] for name in network.outputs}
    network.check_rows(used, shapes[0][0])


KINDS = (
    Kind("import", "models", read_import, damaged, warm=samples, share=2),
    Kind("predict", "models", read_predict, damaged, warm=samples),
)
