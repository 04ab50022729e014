"""Models that are made to harm whoever runs them, and models that are only odd."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FLOAT, INT64, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL
Ports = Sequence[onnx.ValueInfoProto]


def port(name: str, shape: Sequence[int | str] | None = ("N", 4), kind: int = FLOAT) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, None if shape is None else list(shape))


def model(
    nodes: Sequence[onnx.NodeProto],
    inputs: Ports | None = None,
    outputs: Ports | None = None,
    weights: dict[str, np.ndarray] | None = None,
) -> bytes:
    inputs = [port("x")] if inputs is None else inputs
    outputs = [port("y", None)] if outputs is None else outputs
    tensors = [numpy_helper.from_array(array, name) for name, array in (weights or {}).items()]
    graph = helper.make_graph(nodes, "g", inputs, outputs, tensors)
    opsets = [helper.make_opsetid("", 20), helper.make_opsetid("ai.onnx.ml", 3)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=9).SerializeToString()


def node(op: str, inputs: Sequence[str], outputs: Sequence[str] = ("y",), **attributes: object) -> onnx.NodeProto:
    return helper.make_node(op, list(inputs), list(outputs), **attributes)


def numbers(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


# ------------------------------------------------------------ time
def endless() -> bytes:
    """A loop that goes on 2^62 times."""
    body = helper.make_graph(
        [node("Identity", ["c"], ["d"]), node("Sin", ["v"], ["w"])], "body",
        [port("i", [], INT64), port("c", [], BOOL), port("v", None)], [port("d", [], BOOL), port("w", None)],
    )  # fmt: skip
    loop = node("Loop", ["times", "yes", "x"], body=body)
    return model([loop], weights={"times": np.array(1 << 62), "yes": np.array(True)})


def wide_pool() -> bytes:
    """A window of two billion places."""
    pool = node("AveragePool", ["x"], kernel_shape=[2**31 - 1], pads=[2**30, 2**30], count_include_pad=1)
    return model([pool], [port("x", ["N", 1, 4])])


def large_product() -> bytes:
    """The hundredth power of a matrix of three thousand rows, made of what is given: 10^13 steps."""
    nodes = [node("MatMul", [f"a{at}", "a0"], [f"a{at + 1}"]) for at in range(100)]
    return model(
        [
            node("ReduceSum", ["x"], ["a"], keepdims=0), node("Expand", ["a", "size"], ["a0"]), *nodes,
            node("ReduceMax", ["a100"], ["b"], keepdims=0), node("Mul", ["x", "b"]),
        ],
        weights={"size": numbers(3_000, 3_000)},
    )  # fmt: skip


# ------------------------------------------------------------ memory
def constant_of_shape() -> bytes:
    return model([node("ConstantOfShape", ["size"], ["a"]), node("ReduceMax", ["a"], ["b"]), node("Add", ["x", "b"])],
                 weights={"size": numbers(1 << 40)})  # fmt: skip


def expand() -> bytes:
    """As large, of what is given, so that nothing is worked out beforehand."""
    return model([node("ReduceSum", ["x"], ["a"], keepdims=0), node("Expand", ["a", "size"], ["b"]),
                  node("ReduceMax", ["b"], ["c"], keepdims=0), node("Mul", ["x", "c"])],
                 weights={"size": numbers(1 << 20, 1 << 20)})  # fmt: skip


def doubling() -> bytes:
    """Concatenated with itself forty times."""
    nodes = [node("Concat", [f"a{at}", f"a{at}"], [f"a{at + 1}"], axis=0) for at in range(40)]
    return model([node("Identity", ["x"], ["a0"]), *nodes, node("ReduceMax", ["a40"], ["y"], keepdims=1)])


def grown() -> bytes:
    """A loop whose state grows by a row each time."""
    body = helper.make_graph(
        [node("Identity", ["c"], ["d"]), node("Concat", ["v", "v"], ["w"], axis=0)], "body",
        [port("i", [], INT64), port("c", [], BOOL), port("v", None)], [port("d", [], BOOL), port("w", None)],
    )  # fmt: skip
    loop = node("Loop", ["times", "yes", "x"], body=body)
    return model([loop], weights={"times": np.array(1 << 62), "yes": np.array(True)})


def wide_kernel() -> bytes:
    """Weights of one number, padded to a kernel of two billion."""
    return model(
        [node("Pad", ["w", "pads"], ["k"]), node("Conv", ["x", "k"], pads=[2**30, 2**30])],
        [port("x", ["N", 1, 4])],
        weights={"w": np.ones((1, 1, 1), np.float32), "pads": numbers(0, 0, 0, 0, 0, 2**31 - 2)},
    )


# ------------------------------------------------------------ output
def large_answer() -> bytes:
    """Sixteen megabytes for each row."""
    return model([node("Tile", ["x", "times"])], weights={"times": numbers(1, 1 << 20)})


# ------------------------------------------------------------ sizes that are asked for
def large_batch() -> bytes:
    return model([node("Relu", ["x"])], [port("x", [1 << 40, 4])])


def large_input() -> bytes:
    return model([node("Relu", ["x"])], [port("x", ["N", 1 << 30, 4])])


def large_image() -> bytes:
    return model([node("GlobalMaxPool", ["x"])], [port("x", ["N", 3, 60_000, 60_000])])


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "endless": (endless, "E540"),
    "wide pool": (wide_pool, "E540"),
    "large product": (large_product, "E540"),
    "constant of shape": (constant_of_shape, "E541"),
    "expand": (expand, "E541"),
    "doubling": (doubling, "E541"),
    "grown": (grown, "E541"),
    "wide kernel": (wide_kernel, "E541"),
    "large answer": (large_answer, "E542"),
    "large batch": (large_batch, "E140"),
    "large input": (large_input, "E542"),
    "large image": (large_image, "E542"),
}


# ------------------------------------------------------------ odd ones
def sequence_of_maps() -> bytes:
    outputs = [port("label", None, INT64), helper.make_value_info("p", helper.make_sequence_type_proto(
        helper.make_map_type_proto(INT64, helper.make_tensor_type_proto(FLOAT, None))))]  # fmt: skip
    nodes = [
        node("LinearClassifier", ["x"], ["label", "scores"], domain="ai.onnx.ml", coefficients=[1.0] * 8,
             intercepts=[0.0, 0.0], classlabels_ints=[0, 1]),
        node("ZipMap", ["scores"], ["p"], domain="ai.onnx.ml", classlabels_int64s=[0, 1]),
    ]  # fmt: skip
    return model(nodes, outputs=outputs)


def sequence_output() -> bytes:
    sequence = helper.make_tensor_sequence_value_info("y", FLOAT, None)
    return model([node("SequenceConstruct", ["x", "x"])], outputs=[sequence])


def sequence_input() -> bytes:
    given = helper.make_tensor_sequence_value_info("x", FLOAT, None)
    return model([node("ConcatFromSequence", ["x"], axis=0)], [given])


def text_output() -> bytes:
    return model([node("Cast", ["x"], to=TensorProto.STRING)], outputs=[port("y", None, TensorProto.STRING)])


def text_input() -> bytes:
    return model([node("StringNormalizer", ["x"])], [port("x", ["N"], TensorProto.STRING)],
                 [port("y", None, TensorProto.STRING)])  # fmt: skip


def cast(kind: int) -> bytes:
    return model([node("Cast", ["x"], to=FLOAT)], [port("x", kind=kind)])


ODD: dict[str, tuple[Callable[[], bytes], str | None]] = {
    "sequence of maps": (sequence_of_maps, "E544"),
    "sequence output": (sequence_output, "E544"),
    "sequence input": (sequence_input, "E544"),
    "text output": (text_output, "E544"),
    "text input": (text_input, "E544"),
    "bfloat16 input": (lambda: cast(TensorProto.BFLOAT16), "E544"),
    "bfloat16 output": (
        lambda: model([node("Cast", ["x"], to=TensorProto.BFLOAT16)], outputs=[port("y", None, TensorProto.BFLOAT16)]),
        "E544",
    ),
    "float8 input": (lambda: cast(TensorProto.FLOAT8E4M3FN), "E544"),
    "float16 input": (lambda: cast(TensorProto.FLOAT16), None),
    "double input": (lambda: cast(TensorProto.DOUBLE), None),
    "int8 input": (lambda: cast(TensorProto.INT8), "E505"),
    "uint16 input": (lambda: cast(TensorProto.UINT16), "E505"),
    "scalar output": (lambda: model([node("ReduceSum", ["x"], keepdims=0)]), "E565"),
    "scalar input": (lambda: model([node("Identity", ["x"])], [port("x", [])]), "E504"),
    "no outputs": (lambda: model([node("Relu", ["x"])], outputs=[]), "E544"),
    "no inputs": (lambda: model([node("RandomNormal", [], shape=[2, 3])], []), "E544"),
    "no nodes": (lambda: model([]), "E565"),
    "output is input": (lambda: model([], outputs=[port("x")]), None),
    "batch 0": (lambda: model([node("Relu", ["x"])], [port("x", [0, 4])]), "E565"),
    "batch 3": (lambda: model([node("Relu", ["x"])], [port("x", [3, 4])]), None),
    "batch -1": (lambda: model([node("Relu", ["x"])], [port("x", [-1, 4])]), None),
    "no shape": (lambda: model([node("Relu", ["x"])], [port("x", None)]), "E504"),
    "no rows in the answer": (
        lambda: model([node("Slice", ["x", "zero", "zero"])], weights={"zero": numbers(0)}), "E565"
    ),
    "fewer rows": (lambda: model([node("Slice", ["x", "a", "b"])], weights={"a": numbers(0), "b": numbers(1)}), "E565"),
    "failing node": (lambda: model([node("MatMul", ["x", "x"])]), "E565"),
    "failing shape": (lambda: model([node("Reshape", ["x", "a"])], weights={"a": numbers(7, 9)}), "E565"),
    "division by zero": (
        lambda: model([node("Cast", ["x"], ["i"], to=INT64), node("Div", ["i", "zero"])],
                      outputs=[port("y", None, INT64)], weights={"zero": numbers(0)}),
        "E565",
    ),
    "index out of range": (lambda: model([node("Gather", ["x", "i"], axis=1)], weights={"i": numbers(9)}), "E558"),
    "unknown operator": (lambda: model([node("Nothing", ["x"])]), "E565"),
    "control characters": (lambda: model([node("MatMul", ["x", "x"], name="\x1b[2J\x1b]0;t\x07")]), "E565"),
}  # fmt: skip
