"""What we compile, imported without its text: layers' own samples, and nets put together of them."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from netc.compiler import compile_inference, load

from .models import apart, imported

NETS = {
    "residual": """
block unit(width, stride = 1) {
  add {
    { conv(width, 3x3, stride=stride, pad=1, bias=false) -> batchnorm -> relu; conv(width, 3x3, pad=1) }
    conv(width, 1x1, stride=stride)
  }
  relu
}
net A { input x: 3x16x16; unit(8); unit(16, 2); unit(16); logits = global_avgpool -> dense(5) }
""",
    "pyramid": """
net A {
  input image: [1, H, W]
  expect H % 4 == 0 and W % 4 == 0
  for i in 0..2 { skip = conv(4 * 2**i, 3x3, pad=1, act=relu); maxpool(2x2) }
  conv(16, 3x3, pad=1, act=relu)
  for s in reversed(skip) { conv_transpose(s.channels, 2x2, stride=2) -> concat(s) -> conv(s.channels, 3x3, pad=1) }
  mask = conv(2, 1x1)
}
""",
    "transformer": """
net A {
  input words: int 6
  embedding(5, 16) -> positional(learned, 6)
  repeat 2 {
    add { identity; layernorm -> attention(4, causal=true) }
    add { identity; layernorm -> dense(32, act=gelu) -> dense(16) }
  }
  logits = layernorm -> mean(axis=0) -> dense(3)
}
""",
    "recurrent": "net A { input x: 7x4; lstm(6) -> gru(5, last=true); logits = dense(3) }",
    "several": """
net A {
  input left: 8, right: 8
  a = left -> dense(4, act=tanh)
  b = right -> dense(4, act=tanh)
  both = [a, b] -> concat
  gate = both -> dense(4, act=sigmoid)
  mixed = gate * a + (1 - gate) * b
  output mixed, gate
}
""",
}


@pytest.mark.parametrize("name", NETS)
def test_a_net_computes_the_same_after_its_import(name: str, tmp_path: Path) -> None:
    proto = compile_inference(load("a.net", source=NETS[name]), seed=3).model
    net, found = imported(proto, tmp_path)
    assert apart(proto, net, found) < 1e-5


def test_a_residual_net_is_rolled(tmp_path: Path) -> None:
    _, found = imported(compile_inference(load("a.net", source=NETS["residual"])).model, tmp_path)
    assert "block " in found.text
    assert len(found.text.splitlines()) < 25


def test_a_transformer_has_its_attention_and_its_loop(tmp_path: Path) -> None:
    _, found = imported(compile_inference(load("a.net", source=NETS["transformer"])).model, tmp_path)
    assert "repeat 2 {" in found.text
    assert "attention(4, causal=true)" in found.text


LAYERS = (
    "conv(6, 3x3, pad=1)", "conv(4, 3x3, stride=2, pad=same)", "depthwise(3x3, pad=1)", "batchnorm", "relu", "gelu",
    "maxpool(2x2, pad=same)", "avgpool(3x3, stride=1, pad=1)", "hardswish", "silu", "lrn", "upsample(2)",
    "leaky_relu(0.2)", "groupnorm(2)", "pad(1)", "prelu(channels=true)", "add { identity; conv(in.channels, 1x1) }",
    "mul { identity; global_avgpool(keep=true) -> sigmoid }", "concat { identity; conv(2, 1x1, act=tanh) }",
)  # fmt: skip


@pytest.mark.quick(6)
@pytest.mark.parametrize("seed", range(12))
def test_random_nets(seed: int, tmp_path: Path) -> None:
    chosen = random.Random(seed).choices(LAYERS, k=8)
    body = "\n  ".join(["conv(4, 3x3, pad=1)", *chosen, "flatten", "logits = dense(3)"])
    try:
        net = load("a.net", source=f"net A {{\n  input image: 2x12x12\n  {body}\n}}\n")
    except ValueError:
        pytest.skip("the layers do not fit each other")
    proto = compile_inference(net, seed=seed).model
    again, found = imported(proto, tmp_path)
    assert again.params == net.params
    assert apart(proto, again, found) < 1e-5
