# ruff: noqa: E501
"""Tiny models, each with what exporters write of one layer: the text has the layer, and computes the same."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper
from onnx_models import Array, model, weight

from netc.compiler import compile_inference, load_model
from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.devices.device import CPU
from netc.runtime.measure.imported import difference
from netc.runtime.sessions.session import Session

from .models import apart, imported


class Case(NamedTuple):
    """Nodes as `output = Op(inputs; attributes)`, one a line, the shapes of inputs, weights, and the text's middle."""

    nodes: str
    text: str
    x: tuple[int | str, ...] = ("N", 4, 6, 6)
    weights: Mapping[str, Array] = {}
    opset: int = 20
    whole: bool = False


def ints(*numbers: int) -> Array:
    return np.array(numbers, np.int64)


def number(value: float) -> Array:
    return np.array(value, np.float32)


MATRIX, VECTOR = weight(4, 5), weight(5)
CASES: dict[str, Case] = {
    "conv": Case("y = Conv(x, w, b; pads=[1, 1, 1, 1], strides=[2, 2])", "conv(8, 3x3, stride=2, pad=1)",
                 weights={"w": weight(8, 4, 3, 3), "b": weight(8)}),
    "same padding": Case("y = Conv(x, w; auto_pad='SAME_UPPER', strides=[2, 2])",
                         "conv(8, 3x3, stride=2, pad=same, bias=false)", weights={"w": weight(8, 4, 3, 3)}),
    "lower padding": Case("y = Conv(x, w; auto_pad='SAME_LOWER')", "conv(8, 2x2, pad=[[1, 0], [1, 0]], bias=false)",
                          weights={"w": weight(8, 4, 2, 2)}),
    "depthwise": Case("y = Conv(x, w; group=4)", "depthwise(3x3, multiplier=2, bias=false)",
                      weights={"w": weight(8, 1, 3, 3)}),
    "grouped": Case("y = Conv(x, w; group=2, dilations=[2, 2])", "conv(6, 3x3, dilation=2, groups=2, bias=false)",
                    weights={"w": weight(6, 2, 3, 3)}),
    "transposed": Case("y = ConvTranspose(x, w; strides=[2, 2], output_padding=[1, 1], pads=[1, 1, 1, 1])",
                       "conv_transpose(3, 3x3, stride=2, pad=1, output_pad=1, bias=false)",
                       weights={"w": weight(4, 3, 3, 3)}),
    "bias behind": Case("a = Conv(x, w)\ny = Add(a, b)", "conv(8, 3x3)",
                        weights={"w": weight(8, 4, 3, 3), "b": weight(8, 1, 1)}),
    "norm in pieces": Case("a = Conv(x, w)\nb = Sub(a, m)\nc = Mul(b, s)\ny = Add(c, t)", "conv(8, 3x3)",
                           weights={"w": weight(8, 4, 3, 3), "m": weight(1, 8, 1, 1), "s": weight(1, 8, 1, 1, seed=1),
                                    "t": weight(1, 8, 1, 1, seed=2)}),
    "norm in pieces behind a bias": Case(
        "a = Conv(x, w; group=4)\nb = Add(a, b0)\nc = Sub(b, m)\nd = Mul(c, s)\ny = Add(d, t)", "depthwise(3x3, multiplier=2)",
        weights={"w": weight(8, 1, 3, 3), "b0": weight(1, 8, 1, 1, seed=3), "m": weight(1, 8, 1, 1),
                 "s": weight(1, 8, 1, 1, seed=1), "t": weight(1, 8, 1, 1, seed=2)}),
    "whole power": Case("y = Pow(x, e)", "pow(3.0)", weights={"e": np.array(3)}),
    "whole square": Case("y = Pow(x, e)", "square", weights={"e": ints(2)}),
    "ceil": Case("y = MaxPool(x; kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)", "maxpool(3x3, stride=2, ceil=true)"),
    "counted padding": Case(
        "y = AveragePool(x; kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[1, 1], count_include_pad=1)",
        "avgpool(3x3, stride=1, pad=1, count_pad=true)",
    ),
    "global": Case("a = GlobalAveragePool(x)\ny = Flatten(a)", "global_avgpool"),
    "gate": Case("a = GlobalAveragePool(x)\nb = Conv(a, w)\nc = Sigmoid(b)\ny = Mul(x, c)",
                 "mul { identity; global_avgpool(keep=true) -> conv(4, 1x1, bias=false, act=sigmoid) }",
                 weights={"w": weight(4, 4, 1, 1)}),
    "batch norm": Case("y = BatchNormalization(x, s, b, m, v; epsilon=0.001)", "batchnorm(epsilon=0.001)",
                       weights={"s": weight(4), "b": weight(4, seed=1), "m": weight(4, seed=2), "v": abs(weight(4, seed=3))}),
    "scaled batch norm": Case("a = BatchNormalization(x, s, b, m, v)\nc = Mul(a, k)\ny = Add(c, o)", "batchnorm",
                              weights={"s": weight(4), "b": weight(4, seed=1), "m": weight(4, seed=2),
                                       "v": abs(weight(4, seed=3)), "k": weight(4, 1, 1), "o": weight(4, 1, 1, seed=5)}),
    "instance norm": Case("y = InstanceNormalization(x, s, b)", "instancenorm(scale=true, shift=true)",
                          weights={"s": weight(4), "b": weight(4, seed=1)}),
    "group norm": Case(
        "a = Reshape(x, to)\nb = InstanceNormalization(a, one, zero)\nc = Shape(x)\nd = Reshape(b, c)\ne = Mul(d, k)\n"
        "y = Add(e, o)",
        "groupnorm(2)",
        weights={"to": ints(0, 2, -1), "one": np.ones(2, np.float32), "zero": np.zeros(2, np.float32),
                 "k": weight(4, 1, 1), "o": weight(4, 1, 1, seed=1)},
    ),
    "lrn": Case("y = LRN(x; size=3, alpha=0.01)", "lrn(3, alpha=0.01)"),
    "gemm": Case("y = Gemm(x, w, b; transB=1, alpha=0.5, beta=2.0)", "dense(5)", ("N", 4),
                 {"w": weight(5, 4), "b": VECTOR}),
    "one feature": Case("a = MatMul(x, w)\ny = Add(a, b)", "dense(1)", ("N", 4), {"w": weight(4, 1), "b": weight(1, 1)}),
    "product and sum": Case("a = MatMul(x, w)\ny = Add(b, a)", "dense(5)", ("N", 3, 4), {"w": MATRIX, "b": VECTOR}),
    "product": Case("a = MatMul(x, w)\ny = Relu(a)", "dense(5, bias=false, act=relu)", ("N", 4), {"w": MATRIX}),
    "time first": Case(
        "a = Transpose(x; perm=[1, 0, 2])\nb = MatMul(a, w)\nc = Tanh(b)\ny = Transpose(c; perm=[1, 0, 2])",
        "dense(5, bias=false, act=tanh)", ("N", 3, 4), {"w": MATRIX},
    ),
    "folded batch": Case("a = Reshape(x, flat)\nb = Gemm(a, w)\ny = Reshape(b, back)", "dense(5, bias=false)", ("N", 3, 4),
                         {"w": MATRIX, "flat": ints(-1, 4), "back": ints(-1, 3, 5)}),
    "layer norm": Case("y = LayerNormalization(x, s, b)", "layernorm", ("N", 3, 4),
                       {"s": weight(4), "b": weight(4, seed=1)}),
    "layer norm in parts": Case(
        "m = ReduceMean(x; axes=[-1])\nc = Sub(x, m)\np = Pow(c, two)\nv = ReduceMean(p; axes=[-1])\ne = Add(v, small)\n"
        "r = Sqrt(e)\nd = Div(c, r)\nk = Mul(d, s)\ny = Add(k, b)",
        "layernorm", ("N", 3, 4),
        {"two": number(2), "small": number(1e-5), "s": weight(4), "b": weight(4, seed=1)}, 13,
    ),
    "gelu": Case("a = Div(x, r)\nb = Erf(a)\nc = Add(b, one)\nd = Mul(x, c)\ny = Mul(d, half)", "gelu", ("N", 4),
                 {"r": number(2**0.5), "one": number(1), "half": number(0.5)}),
    "gelu by tanh": Case(
        "a = Pow(x, three)\nb = Mul(a, k)\nc = Add(x, b)\nd = Mul(c, s)\ne = Tanh(d)\nf = Add(e, one)\ng = Mul(x, half)\n"
        "y = Mul(g, f)",
        "gelu(approximate=tanh)", ("N", 4),
        {"three": number(3), "k": number(0.044715), "s": number((2 / np.pi) ** 0.5), "one": number(1), "half": number(0.5)},
    ),
    "silu": Case("a = Sigmoid(x)\ny = Mul(x, a)", "silu"),
    "mish": Case("a = Softplus(x)\nb = Tanh(a)\ny = Mul(x, b)", "mish"),
    "hardswish": Case("a = Add(x, three)\nb = Clip(a, low, high)\nc = Mul(x, b)\ny = Div(c, six)", "hardswish",
                      weights={"three": number(3), "low": number(0), "high": number(6), "six": number(6)}),
    "relu6": Case("y = Clip(x; min=0.0, max=6.0)", "relu6", opset=10),
    "glu": Case("a, b = Split(x; axis=1, num_outputs=2)\nc = Sigmoid(b)\ny = Mul(a, c)", "glu(axis=0)"),
    "prelu": Case("y = PRelu(x, s)", "prelu(channels=true)", weights={"s": weight(4, 1, 1)}),
    "old softmax": Case("a = Flatten(x)\ny = Softmax(a)", "flatten -> softmax", opset=11),
    "upsample": Case("y = Resize(x, , s; mode='linear', coordinate_transformation_mode='half_pixel')",
                     "upsample(2, mode=bilinear)", weights={"s": np.array([1, 1, 2, 2], np.float32)}),
    "pixel shuffle": Case("a = Reshape(x, cut)\nb = Transpose(a; perm=[0, 1, 4, 2, 5, 3])\ny = Reshape(b, join)",
                          "pixel_shuffle(2)", weights={"cut": ints(-1, 1, 2, 2, 6, 6), "join": ints(-1, 1, 12, 12)}),
    "channel shuffle": Case("a = Reshape(x, cut)\nb = Transpose(a; perm=[0, 2, 1, 3, 4])\ny = Reshape(b, join)",
                            "reshape(2x2x6x6) -> transpose([1, 0, 2, 3]) -> reshape(4x6x6)",
                            weights={"cut": ints(-1, 2, 2, 6, 6), "join": ints(-1, 4, 6, 6)}),
    "residual": Case("a = Conv(x, w)\nb = Relu(a)\nc = Add(b, x)\ny = Relu(c)",
                     "add { identity; conv(4, 1x1, bias=false, act=relu) } -> relu", weights={"w": weight(4, 4, 1, 1)}),
    "embedding": Case("y = Gather(w, x)", "embedding(4, 5)", ("N", 3), {"w": MATRIX}, whole=True),
    "reflected": Case("y = Pad(x, p; mode='reflect')", "pad(1, mode=reflect)", weights={"p": ints(0, 0, 1, 1, 0, 0, 1, 1)}),
    "open sizes": Case("a = Shape(x)\nb = Gather(a, zero)\nc = Unsqueeze(b, axis)\nd = Concat(c, rest; axis=0)\n"
                       "y = Reshape(x, d)", "flatten", weights={"zero": np.array(0), "axis": ints(0), "rest": ints(144)}),
    "no layer": Case("y = Atan(x)", 'onnx("Atan")'),
    "no layer, attributes": Case("a = Relu(x)\ny = LpNormalization(a; axis=1, p=1)", 'relu -> onnx("LpNormalization", axis=1, p=1)'),
    "no layer, numbers": Case("y = Trilu(x, k; upper=0)", 'onnx("Trilu", k=1, upper=0)', weights={"k": np.array(1)}),
    "no layer, axes as an attribute": Case("y = ReduceProd(x; axes=[1], keepdims=0)", 'onnx("ReduceProd", axes=[1], keepdims=0)', opset=13),
    "length": Case("y = ReduceL2(x; axes=[1], keepdims=0)", "square -> reduce_sum(axis=0) -> sqrt", opset=13),
    "no layer, scales": Case("y = Resize(x, , s; mode='cubic', antialias=1)", 'onnx("Resize", scales=[1.0, 1.0, 0.5, 0.5], antialias=1, mode="cubic")',
                             weights={"s": np.array([1, 1, 0.5, 0.5], np.float32)}),
    "no layer, two flows": Case("a = Sigmoid(x)\ny = Mod(x, a; fmod=1)", 'value = sigmoid y = image -> onnx("Mod", value, fmod=1)'),
    "no layer, text": Case("y = DepthToSpace(x; blocksize=2, mode='CRD')", "pixel_shuffle(2)"),
    "no layer, several": Case("a, b = TopK(x, k; axis=2, largest=0)\ny = Identity(a)", 'y, value = onnx("TopK", K=[3], axis=2, largest=0) output y',
                              weights={"k": ints(3)}),
    "fixed batch": Case("a = Reshape(x, to)\ny = Relu(a)", "relu -> flatten", (3, 4, 6, 6), {"to": ints(3, 144)}),
}  # fmt: skip


def nodes_of(text: str) -> list[onnx.NodeProto]:
    found = []
    for line in text.splitlines():
        outputs, _, call = line.partition(" = ")
        op, _, rest = call.partition("(")
        inputs, _, attributes = rest.removesuffix(")").partition("; ")
        given: dict[str, Any] = eval(f"dict({attributes})")
        names = [name.strip() for name in inputs.split(",")]
        found.append(helper.make_node(op, names, outputs.split(", "), **given))
    return found


@pytest.mark.quick(20)
@pytest.mark.parametrize("name", CASES)
def test_a_layer_is_found(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    proto = model(
        nodes_of(case.nodes), {"x": case.x}, case.weights, opset=case.opset, whole=["x"] if case.whole else []
    )
    if name == "old softmax":
        proto.opset_import[0].version = 11
    net, found = imported(proto, tmp_path)
    body = [line.strip() for line in found.text.splitlines() if line.startswith("  ")][1:]
    assert " ".join(body).removeprefix("y = ") == case.text
    assert apart(proto, net, found, most=4) < 1e-5


def test_an_lstm_has_its_weights_in_our_order(tmp_path: Path) -> None:
    node = helper.make_node("LSTM", ["x", "w", "r", "b"], ["a", "h"], hidden_size=5)
    squeeze = helper.make_node("Squeeze", ["h", "axis"], ["y"])
    weights = {"w": weight(1, 20, 4), "r": weight(1, 20, 5), "b": weight(1, 40), "axis": ints(0)}
    proto = model([node, squeeze], {"x": (6, "batch", 4)}, weights)
    net, found = imported(proto, tmp_path)
    assert "lstm(5, last=true)" in found.text
    assert found.batch_axes == {"x": 1}
    assert [array.shape for array in net.start.values()] == [(20, 4), (20, 5), (20,), (20,)]


@pytest.mark.parametrize("op", ["LSTM", "GRU", "RNN"])
def test_recurrence_may_go_backwards_alone(op: str, tmp_path: Path) -> None:
    gates = {"LSTM": 4, "GRU": 3, "RNN": 1}[op]
    said = {"linear_before_reset": 1} if op == "GRU" else {}
    node = helper.make_node(op, ["x", "w", "r", "b"], ["a", "h"], hidden_size=5, direction="reverse", **said)
    squeeze = helper.make_node("Squeeze", ["a", "axis"], ["y"])
    weights = {"w": weight(1, gates * 5, 4), "r": weight(1, gates * 5, 5), "b": weight(1, gates * 10), "axis": ints(1)}
    proto = model([node, squeeze], {"x": (6, "batch", 4)}, weights)
    net, found = imported(proto, tmp_path)
    assert f"{op.lower()}(5, reverse=true)" in found.text
    x = np.random.default_rng(0).standard_normal((6, 2, 4)).astype("f4")
    (expected,) = Session(proto.SerializeToString(), CPU).session.run(None, {"x": x})
    (mine,) = Session(compile_inference(net, net.start), CPU).session.run(None, {"x": np.moveaxis(x, 1, 0)})
    np.testing.assert_allclose(np.moveaxis(mine, 0, 1), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("nodes", "index"),
    [
        ("y = GatherND(x, i; batch_dims=1)", ("N", 3, 1)),
        ("y = GatherND(x, i; batch_dims=1)", ("N", 2, 2)),
        ("a = Flatten(x)\ny = GatherElements(a, i; axis=1)", ("N", 7)),
    ],
)
def test_each_example_is_picked_from_by_its_own_places(
    nodes: str, index: tuple[int | str, ...], tmp_path: Path
) -> None:
    proto = model(nodes_of(nodes), {"x": ("N", 4, 5), "i": index}, {}, whole=["i"])
    net, found = imported(proto, tmp_path)
    assert "gather(" in found.text
    assert apart(proto, net, found, most=4) < 1e-6


def test_random_numbers_are_drawn_here(tmp_path: Path) -> None:
    nodes = nodes_of("a = RandomUniformLike(x; high=2.0)\ny = Mul(x, a)")
    _, found = imported(model(nodes, {"x": ("N", 4)}, {}), tmp_path)
    assert "uniform([4], high=2.0)" in found.text
    assert found.random


def branch(op: str) -> onnx.GraphProto:
    out = [helper.make_tensor_value_info("inner", onnx.TensorProto.FLOAT, None)]
    return helper.make_graph([helper.make_node(op, ["x"], ["inner"])], op, [], out)


def test_a_branch_on_an_open_size_is_not_guessed(tmp_path: Path) -> None:
    nodes = nodes_of("s = Shape(x)\nf = Gather(s, one)\nn = Equal(f, one)\nc = Not(n)")
    nodes.append(helper.make_node("If", ["c"], ["y"], then_branch=branch("Relu"), else_branch=branch("Tanh")))
    proto = model(nodes, {"x": ("N", "F")}, {"one": np.array(1)})
    with pytest.raises(DiagnosticError, match="depends on a size that the model leaves open"):
        imported(proto, tmp_path)
    assert "tanh" in load_model(str(tmp_path / "model.onnx"), given={"F": 1})[1].text


@pytest.mark.quick(1)
@pytest.mark.parametrize(("given", "word"), [(16, "relu"), (8, "tanh")])
def test_a_branch_on_a_number_that_is_given_is_chosen(given: int, word: str, tmp_path: Path) -> None:
    nodes = nodes_of("c = Equal(rate, k)")
    nodes.append(helper.make_node("If", ["c"], ["y"], then_branch=branch("Relu"), else_branch=branch("Tanh")))
    proto = model(nodes, {"x": ("N", "F"), "rate": ()}, {"k": np.array(16)}, whole=["rate"])
    path = tmp_path / "model.onnx"
    path.write_bytes(proto.SerializeToString())
    net, found = load_model(str(path), given={"rate": given, "F": 3})
    assert f"y = {word}" in found.text
    assert "input x: 3" in found.text
    assert difference(path, net, found) < 1e-6
    for wrong, says in (({"rat": 1}, "use `rate`"), ({"F": 2.5}, "a positive whole number"), ({}, "--given rate=…")):
        with pytest.raises(DiagnosticError) as refused:
            load_model(str(path), given=wrong)
        (finding,) = refused.value.diagnostics
        assert says in f"{finding.message} {finding.help}"


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"rate": 2.5}, "`rate` is a whole number of 64 bits, found 2.5"),
        ({"rate": math.nan}, "found nan"), ({"rate": 1e30}, "found 1e+30"), ({"rate": 2**63}, "found 92233"),
        ({"scale": math.inf}, "`scale` is a number that 32 bits hold, found inf"), ({"scale": 1e39}, "found 1e+39"),
        ({"scale": 1e-60}, "found 1e-60"), ({"scale": 10**400}, "found 1000"),
        ({"F": math.nan}, "found nan"), ({"F": math.inf}, "found inf"), ({"F": 2**31}, "found 2147483648"),
    ],
)  # fmt: skip
def test_a_number_that_does_not_fit_is_refused(wrong: dict[str, float], says: str, tmp_path: Path) -> None:
    nodes = nodes_of("r = Cast(rate; to=1)\na = Mul(x, r)\ny = Mul(a, scale)")
    proto = model(nodes, {"x": ("N", "F"), "rate": (), "scale": ()}, {}, whole=["rate"])
    (tmp_path / "model.onnx").write_bytes(proto.SerializeToString())
    with pytest.raises(DiagnosticError, match="E588") as refused:
        load_model(str(tmp_path / "model.onnx"), given={"rate": 3, "scale": 0.1, **wrong})
    assert says in refused.value.diagnostics[0].message


def test_functions_of_the_model_are_written_out(tmp_path: Path) -> None:
    body = [helper.make_node("Sigmoid", ["a"], ["b"]), helper.make_node("Mul", ["a", "b"], ["c"])]
    opsets = [helper.make_opsetid("", 20), helper.make_opsetid("own", 1)]
    proto = model([helper.make_node("Swish", ["x"], ["y"], domain="own")], {"x": ("N", 4)}, {})
    proto.opset_import.append(opsets[1])
    proto.functions.append(helper.make_function("own", "Swish", ["a"], ["c"], body, opsets))
    net, found = imported(proto, tmp_path)
    assert "silu" in found.text
    assert apart(proto, net, found) < 1e-6


def test_numbers_beside_the_model_are_read(tmp_path: Path) -> None:
    proto = model([helper.make_node("MatMul", ["x", "w"], ["y"])], {"x": ("N", 4)}, {})
    stored = numpy_helper.from_array(MATRIX, "w")
    (tmp_path / "w.bin").write_bytes(b"1234" + stored.raw_data)
    stored.ClearField("raw_data")
    stored.data_location = onnx.TensorProto.EXTERNAL
    for key, value in (("location", "w.bin"), ("offset", "4"), ("length", str(MATRIX.nbytes))):
        stored.external_data.add(key=key, value=value)
    proto.graph.initializer.append(stored)
    net, _ = imported(proto, tmp_path)
    (array,) = net.start.values()
    np.testing.assert_array_equal(array, MATRIX.T)


def test_windows_in_two_axes_meet_windows_in_one(tmp_path: Path) -> None:
    """Shifted windows are masked as one axis and taken as two, both folded with the batch."""
    node = helper.make_node
    given = {"one": ints(-1, 4, 3, 5), "two": ints(-1, 2, 2, 3, 5), "fold": ints(-1, 3, 5), "mask": weight(4, 1, 1)}
    nodes = [
        node("Reshape", ["x", "one"], ["a0"]), node("Add", ["a0", "mask"], ["a1"]), node("Reshape", ["a1", "fold"], ["a"]),
        node("Reshape", ["x", "two"], ["b0"]), node("Transpose", ["b0"], ["b1"], perm=[0, 2, 1, 3, 4]),
        node("Reshape", ["b1", "fold"], ["b2"]), node("Transpose", ["b2"], ["b"], perm=[0, 2, 1]),
        node("MatMul", ["a", "b"], ["c"]), node("Reshape", ["c", "back"], ["y"]),
    ]  # fmt: skip
    proto = model(nodes, {"x": ("N", 4, 3, 5)}, {**given, "back": ints(-1, 4, 3, 3)})
    net, found = imported(proto, tmp_path)
    assert apart(proto, net, found) < 1e-5


def strided(rows: str | int, sizes: Sequence[int], steps: Sequence[int], offset: int = 0) -> onnx.ModelProto:
    """A view of all examples in a row, as PyTorch's newer exporter gathers it; sizes and steps without the batch's."""
    node, rank = helper.make_node, len(sizes) + 1
    given = {
        "all": ints(-1),
        "zero": np.array(0),
        "one": np.array(1),
        "each": np.array(24),
        "axes": ints(*range(1, rank)),
    }
    parts = [np.arange(size) * step for size, step in zip(sizes, steps, strict=True)]
    shaped = [part.reshape([-1 if axis == at else 1 for axis in range(rank)]) for at, part in enumerate(parts, 1)]
    if isinstance(rows, str):
        given |= {f"part{at}": part for at, part in enumerate(shaped)} | {f"part{rank - 1}": np.array(offset)}
        added = [node("Add", [f"places{at}", f"part{at}"], [f"places{at + 1}"]) for at in range(rank)]
        counted = [
            node("Shape", ["x"], ["s"], start=0, end=1), node("Squeeze", ["s"], ["n"]),
            node("Range", ["zero", "n", "one"], ["r"]), node("Mul", ["r", "each"], ["m"]),
            node("Unsqueeze", ["m", "axes"], ["places0"]), *added,
        ]  # fmt: skip
    else:
        whole = sum(shaped, 24 * np.arange(rows).reshape(-1, *(1,) * (rank - 1)))
        counted, given[f"places{rank}"] = [], whole + offset
    nodes = [*counted, node("Reshape", ["x", "all"], ["row"]), node("Gather", ["row", f"places{rank}"], ["y"])]
    return model(nodes, {"x": (rows, 4, 6)}, given)


@pytest.mark.parametrize("rows", ["N", 2])
@pytest.mark.parametrize(
    ("sizes", "steps"), [((24,), (1,)), ((24, 1, 1), (1, 5, 5)), ((1, 24), (0, 1)), ((6, 4), (1, 6))]
)
def test_a_strided_view_is_a_reshape(rows: str | int, sizes: Any, steps: Any, tmp_path: Path) -> None:
    proto = strided(rows, sizes, steps)
    net, found = imported(proto, tmp_path)
    assert "gather" not in found.text
    assert apart(proto, net, found) == 0


@pytest.mark.parametrize(
    ("sizes", "steps", "offset"), [((12,), (2,), 0), ((12,), (1,), 0), ((23,), (1,), 1), ((24,), (0,), 0)]
)
def test_a_view_that_leaves_numbers_out_is_refused(sizes: Any, steps: Any, offset: int, tmp_path: Path) -> None:
    with pytest.raises(DiagnosticError, match="E590"):
        imported(strided("N", sizes, steps, offset), tmp_path)
