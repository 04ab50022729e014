"""What the target `cuda` writes has kernels there: a node without one goes through the host, and there is no graph."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import pytest
from sessions import session_of
from stages import legalise

import netc
from netc.compiler import compile_gradients, compile_training, initial_weights
from netc.compiler.emit import emit
from netc.compiler.ir import Builder, DType, Graph, Value
from netc.compiler.ir.verify import verify

EXAMPLES = Path(__file__).parents[2] / "examples"
ON_A_CARD = {
    "Add", "ArgMax", "Cast", "Concat", "Conv", "ConvTranspose", "Div", "Equal", "Exp", "Expand", "Gather", "Gemm",
    "Greater", "Less", "LogSoftmax", "MatMul", "Max", "MaxPool", "Mod", "Mul", "Neg", "OneHot", "Pad", "Pow", "Range",
    "Reciprocal", "ReduceMean", "ReduceSum", "Relu", "Reshape", "Slice", "Split", "Sqrt", "Sub", "Tanh", "TopK",
    "Transpose", "Where",
}  # fmt: skip
"""Operators of which ONNX Runtime's list of kernels (docs/OperatorKernels.md there) names one for CUDA."""

NETS = ["lecture/lenet5", "lecture/cnn", "lecture/residual_cnn", "zoo/resnet_cifar", "zoo/resnet", "zoo/vgg"]


@pytest.mark.quick(1)
@pytest.mark.parametrize("name", NETS)
def test_every_operator_has_a_kernel(name: str) -> None:
    net = netc.load(EXAMPLES / f"{name}.net")
    used = {
        node.op_type for node in onnx.load_from_string(compile_training(net, batch=8, target="cuda").model).graph.node
    }
    assert used <= ON_A_CARD


def test_the_version_of_operators_is_one_that_has_kernels() -> None:
    """ONNX Runtime takes a kernel that is registered from a version on for operators of exactly that version."""
    net = netc.load(EXAMPLES / "lecture/residual_cnn.net")
    model = onnx.load_from_string(compile_training(net, batch=8, target="cuda").model)
    version = model.opset_import[0].version
    assert onnx.defs.get_schema("Pad", version, "").since_version == 18
    onnx.checker.check_model(model, full_check=True)


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


def test_exclusive_or_by_digits() -> None:
    """Of a tensor and a number, of two tensors, and to the last bit of what dropout draws from."""
    random = np.random.default_rng(0)
    a, b = (random.integers(0, 1 << 31, shape) for shape in ((3, 50), (50,)))
    a[0, :3] = 0, (1 << 31) - 1, 1
    one = np.array(random.integers(0, 1 << 31))
    graph = Graph("one", [Value(name, DType.INT64, shape) for name, shape in (("a", (3, 50)), ("b", (50,)), ("c", ()))])
    g = Builder(graph)
    x, y, z = graph.inputs
    graph.outputs = {"xy": g.BitwiseXor(x, y), "xz": g.BitwiseXor(x, z), "zz": g.BitwiseXor(z, z)}
    made = legalise(graph, "cuda")
    verify(made)
    assert not any(node.op == "BitwiseXor" for node in made.nodes)
    found = session_of(emit(made).SerializeToString()).run(None, {"a": a, "b": b, "c": one})
    for mine, expected in zip(found, (a ^ b, a ^ one, one ^ one), strict=True):
        np.testing.assert_array_equal(mine, expected)


def test_dropout_draws_the_same_masks(tmp_path: Path) -> None:
    text = "net A { input x: [40]; dense(64) -> dropout(0.5); y = dense(3) }\n"
    (tmp_path / "a.net").write_text(text + "train A { loss = cross_entropy(y, label); optimizer = sgd(lr=0.1) }")
    net = netc.load(tmp_path / "a.net")
    random = np.random.default_rng(0)
    given = {"x": random.standard_normal((6, 40)).astype(np.float32), "label": random.integers(0, 3, 6)}
    given |= {**initial_weights(net, 0), "seed": np.array(5), "step": np.array(2)}
    losses = []
    for target in ("std", "cuda"):
        session = session_of(compile_gradients(net, batch=6, target=target).model)
        losses.append(session.run(["loss"], {port.name: given[port.name] for port in session.get_inputs()})[0])
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)
    given["step"] = np.array(3)
    other = session.run(["loss"], {port.name: given[port.name] for port in session.get_inputs()})[0]
    assert other != pytest.approx(losses[1], rel=1e-6)
