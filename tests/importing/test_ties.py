"""A tensor of the model that several layers read is one weight of the text, counted and trained once."""

from __future__ import annotations

from pathlib import Path

import pytest
from onnx import helper
from onnx_models import model, weight

from .models import apart, imported
from .test_patterns import nodes_of

CASES = {
    "the same layer twice": (
        "a = Conv(x, w, b; pads=[1, 1, 1, 1])\nc = Relu(a)\nd = Conv(c, w, b; pads=[1, 1, 1, 1])\ny = Tanh(d)",
        ("N", 4, 6, 6), {"w": weight(4, 4, 3, 3), "b": weight(4)}, 148, "shared tied = conv(4, 3x3, pad=1)",
    ),
    "a table and its scores": (
        "a = Gather(w, x)\nb = Relu(a)\nc = Transpose(w; perm=[1, 0])\ny = MatMul(b, c)",
        ("N", 5), {"w": weight(9, 6)}, 54, "dense(9, bias=false, weight=tied.weight)",
    ),
    "there and back": (
        "a = MatMul(x, w)\nb = Tanh(a)\nc = Transpose(w; perm=[1, 0])\nd = MatMul(b, c)\ny = Add(d, b0)",
        ("N", 8), {"w": weight(8, 3), "b0": weight(8)}, 32, "dense(8, weight=(tied.weight -> transpose))",
    ),
    "weights alone": (
        "a = Gemm(x, w, b; transB=1)\nc = Relu(a)\ny = Gemm(c, w, d; transB=1)",
        ("N", 4), {"w": weight(4, 4), "b": weight(4), "d": weight(4, seed=1)}, 24, "dense(4, weight=tied.weight)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_one_tensor_is_one_weight(name: str, tmp_path: Path) -> None:
    nodes, shape, weights, count, line = CASES[name]
    proto = model(nodes_of(nodes), {"x": shape}, weights, whole=["x"] if len(shape) == 2 and shape[1] == 5 else [])
    net, found = imported(proto, tmp_path)
    assert line in found.text
    assert net.params == count
    assert apart(proto, net, found) < 1e-5


def test_equal_tensors_are_two_weights(tmp_path: Path) -> None:
    nodes = nodes_of("a = MatMul(x, w)\nb = Relu(a)\ny = MatMul(b, v)")
    proto = model(nodes, {"x": ("N", 4)}, {"w": weight(4, 4), "v": weight(4, 4)})
    net, found = imported(proto, tmp_path)
    assert "shared" not in found.text
    assert net.params == 32


def test_a_layer_that_follows_itself_is_a_loop(tmp_path: Path) -> None:
    nodes, before = [], "x"
    for at in range(6):
        nodes += [helper.make_node("Gemm", [before, "w", "b"], [f"a{at}"], transB=1)]
        nodes += [helper.make_node("Relu", [f"a{at}"], [f"r{at}"])]
        before = f"r{at}"
    nodes.append(helper.make_node("Identity", [before], ["y"]))
    proto = model(nodes, {"x": ("N", 4)}, {"w": weight(4, 4), "b": weight(4)})
    net, found = imported(proto, tmp_path)
    assert "repeat 6 { tied -> relu }" in found.text
    assert net.params == 20
    assert apart(proto, net, found) < 1e-5
