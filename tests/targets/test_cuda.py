"""What the target `cuda` writes has kernels there: a node without one goes through the host, and there is no graph."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import onnx
import pytest

import netc
from netc.compiler import compile_training
from netc.compiler.ir import Builder, DType, Graph, Value
from netc.compiler.ir.verify import verify
from netc.compiler.targets import legalise

EXAMPLES = Path(__file__).parents[2] / "examples"
ON_A_CARD = {
    "Add", "ArgMax", "Cast", "Concat", "Conv", "ConvTranspose", "Div", "Equal", "Exp", "Expand", "Gemm", "Greater",
    "Less", "LogSoftmax", "MatMul", "Max", "MaxPool", "Mod", "Mul", "Neg", "OneHot", "Pad", "Pow", "Range",
    "Reciprocal", "ReduceMean", "ReduceSum", "Relu", "Reshape", "Slice", "Split", "Sqrt", "Sub", "Tanh", "TopK",
    "Transpose", "Where",
}  # fmt: skip
"""Operators of which ONNX Runtime's list of kernels (docs/OperatorKernels.md there) names one for CUDA."""

NETS = ["lecture/lenet5", "lecture/cnn", "lecture/residual_cnn", "zoo/resnet_cifar", "zoo/resnet50", "zoo/vgg16"]


@pytest.mark.parametrize("name", NETS)
def test_every_operator_has_a_kernel(name: str) -> None:
    """But for dropout: the exclusive or of its masks has none."""
    net = netc.load(EXAMPLES / f"{name}.net")
    used = {
        node.op_type for node in onnx.load_from_string(compile_training(net, batch=8, target="cuda").model).graph.node
    }
    drops = any(layer.word == "dropout" for layer in net.layers)
    assert used - ON_A_CARD == ({"BitwiseXor"} if drops else set())


def test_masks_are_choices() -> None:
    """Where the mask has the value's shape; a product with any other number stays."""
    x, y = (Value(name, DType.FLOAT32, (2, 3)) for name in "xy")
    graph = Graph("one", [x, y])
    g = Builder(graph)
    mask = g.Cast(g.Greater(x, 0.0), to=DType.FLOAT32)
    other = g.Cast(g.Greater(g.ReduceSum(x, axes=(1,), keepdims=True), 0.0), to=DType.FLOAT32)
    graph.outputs = {"a": g.Mul(y, mask), "b": g.Mul(mask, y), "c": g.Mul(y, other), "d": g.Mul(x, y)}
    made = legalise(graph, "cuda")
    verify(made)
    count = Counter(node.op for node in made.nodes)
    assert count["Where"] == 2
    assert count["Mul"] == 2
    assert {name: value.node.op for name, value in made.outputs.items() if value.node} == {
        "a": "Where", "b": "Where", "c": "Mul", "d": "Mul",
    }  # fmt: skip
