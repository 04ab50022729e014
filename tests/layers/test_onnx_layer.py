"""The layer `onnx`: what ONNX Runtime makes of the operator itself, sizes that a run knows, and training through it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper

from netc.compiler import compile_inference, compile_training, load
from netc.compiler.ir import format_shape, language_shape
from netc.compiler.ops import all_ops
from netc.compiler.ops.onnx_schema import described
from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.devices.device import CPU
from netc.runtime.sessions.session import Session

CASES = {
    'onnx("Hardmax", axis=2)': "4x6",
    'onnx("LpNormalization", axis=1, p=1)': "4x6",
    'onnx("DepthToSpace", blocksize=2, mode="CRD")': "[8, H, W]",
    'onnx("SpaceToDepth", blocksize=2)': "3x4x6",
    'onnx("Clip", max=0.25)': "[T, 3]",
    'onnx("Clip", min=-0.25, max=0.25)': "5",
    'onnx("Tile", repeats=[1, 2, 1])': "[T, 3]",
    'onnx("Trilu", k=1, upper=0)': "4x6",
    'onnx("Shrink", bias=0.1, lambd=0.4)': "7",
    'onnx("ReduceSumSquare", axes=[1], keepdims=0)': "3x4",
    'onnx("ReduceMax", axes=[-1])': "3x4",
    'onnx("Slice", starts=[1], ends=[9], axes=[2], steps=[2])': "3x5",
    'onnx("CumSum", axis=1, reverse=1)': "[T, 2]",
    'onnx("Pad", pads=[0, 1, 0, 2])': "4",
    'onnx("Cast", to=7)': "4",
    'onnx("Det")': "3x3",
    'onnx("Mod", B=0.3, fmod=1)': "5",
}


def net_of(call: str, shape: str, after: str = "") -> Any:
    return load("a.net", source=f"net A {{\n  input x: {shape}\n  y = {call}{after}\n}}\n")


def by_itself(call: str, x: Any) -> Any:
    """The operator on these numbers, its arguments as the call has them."""
    said: dict[str, Any] = eval(call.replace('onnx("', 'dict(op="'))
    op, nodes, operator = said.pop("op"), [], described(call.split('"')[1])
    inputs = ["x"]
    for place in operator.places[1:]:
        value = said.pop(place.name, None)
        inputs.append("" if value is None else place.name)
        if value is not None:
            numbers = np.array(value, np.float32 if place.like == operator.places[0].like else np.int64)
            nodes.append(helper.make_node("Constant", [], [place.name], value=onnx.numpy_helper.from_array(numbers)))
    while not inputs[-1]:
        inputs.pop()
    nodes.append(helper.make_node(op, inputs, ["y"], **said))
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)
    kind = TensorProto.INT64 if op == "Cast" else TensorProto.FLOAT
    graph = helper.make_graph(nodes, "g", [given], [helper.make_tensor_value_info("y", kind, None)])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    return ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"]).run(None, {"x": x})[0]


@pytest.mark.parametrize("call", CASES)
def test_it_is_the_operator(call: str) -> None:
    net = net_of(call, CASES[call])
    shape = [2, *(size if isinstance(size, int) else 6 for size in net.inputs[0].shape[1:])]
    x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    (found,) = Session(compile_inference(net), CPU).session.run(None, {"x": x})
    np.testing.assert_allclose(found, by_itself(call, x), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    ("call", "shape", "out"),
    [
        ('onnx("Tile", repeats=[1, 2, 3])', "[T, 3]", "(2*T)x9"),
        ('onnx("DepthToSpace", blocksize=2)', "[8, H, W]", "2x(2*H)x(2*W)"),
        ('onnx("Pad", pads=[0, 1, 0, 0, 2, 0])', "[T, 3]", "(T + 3)x3"),
        ('onnx("LpNormalization", axis=2)', "[T, F]", "TxF"),
    ],
)
def test_open_sizes_follow(call: str, shape: str, out: str) -> None:
    assert format_shape(language_shape(net_of(call, shape).layers[-1].outputs[0])) == out


def test_a_tensor_may_be_given_by_name() -> None:
    text = 'net A { input x: 4x6, low: 4x6; x -> onnx("Max", low); y = onnx("PRelu", slope=low) }'
    net = load("a.net", source=text)
    x, low = np.random.default_rng(1).standard_normal((2, 2, 4, 6)).astype(np.float32)
    (found,) = Session(compile_inference(net), CPU).session.run(None, {"x": x, "low": low})
    most = np.maximum(x, low)
    np.testing.assert_allclose(found, np.where(most < 0, most * low, most), rtol=1e-6)


def test_examples_that_meet_are_refused() -> None:
    for call, shape in (
        ('onnx("Transpose", perm=[1, 0])', "4"),
        ('onnx("Einsum", x, equation="ab,cb->ac")', "4"),
        ('onnx("Einsum", x, equation="ab,cb->a")', "4"),
        ('onnx("Tile", repeats=[2, 1])', "4"),
        ('onnx("CumSum", axis=-2)', "4"),
    ):
        with pytest.raises(DiagnosticError, match="E587"):
            net_of(call, shape)


TRAIN = "\n  z = dense(1)\n}\ntrain A { loss = mse(z, target)"


def test_a_gradient_that_is_not_known_names_the_layer() -> None:
    net = net_of("dense(4)", "4", '\n  norm = onnx("LpNormalization", axis=1)' + TRAIN)
    with pytest.raises(DiagnosticError, match=r"E586.*no gradient is known through `LpNormalization` of layer `norm`"):
        compile_training(net)


@pytest.mark.parametrize("front", ["frozen { dense(4) }", "relu"])
def test_behind_what_is_not_trained_no_gradient_is_needed(front: str) -> None:
    compile_training(net_of(front, "4", '\n  norm = onnx("LpNormalization", axis=1)' + TRAIN))


def test_our_own_operators_are_used_where_we_have_them() -> None:
    net = net_of('onnx("Atan")', "4", ' -> onnx("ReduceMean", axes=[1]) -> onnx("Clip", max=1)')
    assert [node.op for node in net.graph.nodes] == ["Atan", "ReduceMean", "Clip"]


def test_names_of_the_layer_are_none_of_onnx_s() -> None:
    known = [name for name in onnx.defs.get_all_schemas() if name.domain == ""]
    names = {name for schema in known for name in [*schema.attributes, *(item.name for item in schema.inputs)]}
    assert not names & {"op", "outputs"}
    assert "Onnx" in all_ops()


def test_importing_holds_what_has_no_layer(tmp_path: Path) -> None:
    made = compile_inference(net_of('onnx("LpNormalization", axis=1, p=1)', "3x4")).model
    (tmp_path / "a.onnx").write_bytes(made)
    assert 'onnx("LpNormalization", axis=1, p=1)' in load(str(tmp_path / "a.onnx")).source
