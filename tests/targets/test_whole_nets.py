"""Gradients of whole networks in every target, by default and with forced lowerings, against PyTorch."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from here import BLOCKED_TARGETS, CPU_TARGETS, TARGETS_HERE
from sessions import session_of

import netc
from netc.compiler import Net, Options, compile_gradients, initial_weights
from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.measure.torch_step import TorchStep

pytest.importorskip("torch")
LENET = Path(__file__).parents[2] / "examples" / "lecture" / "lenet5.net"
BATCH = 16
MANY = """
net Many {
  input image: 3x13x12
  image -> conv(16, 3x3, pad=same, stride=2, bias=false) -> batchnorm -> relu
  left = conv(16, 3x3, pad=same, groups=2, act=tanh)
  right = left -> conv(16, 3x3, pad=2, dilation=2) -> relu
  joined = add(left, right)
  pooled = joined -> maxpool(3x3, stride=2, pad=1)
  pooled -> conv(32, 1x1) -> relu -> avgpool(2x2) -> flatten
  logits = dense(5)
}

train Many {
  loss = cross_entropy(logits, label)
  optimizer = sgd(lr=0.1)
}
"""
WORDS = """
net Words {
  input image: 3x16x16
  conv(16, 3x3, pad=same) -> relu6
  skip = conv(32, 3x3, pad=same) -> groupnorm(4) -> hardswish
  conv(32, 3x3, pad=same, bias=false) -> batchnorm -> prelu(true) -> mish
  add { skip; { conv(32, 3x3, pad=same) -> elu -> instancenorm(scale=true, shift=true) } }
  maxpool(2x2)
  conv(64, 3x3, pad=same) -> gelu -> split(2, axis=0) -> average
  glu(axis=0) -> celu(0.5) -> l2_normalize(axis=0) -> softplus -> clip(0, 3)
  mean(axis=[1, 2]) -> layernorm -> dense(32) -> swiglu -> rmsnorm
  logits = dense(5)
}

train Words {
  loss = cross_entropy(logits, label)
  optimizer = sgd(lr=0.1)
}
"""
LIGHT = """
block unit(filters, kernel = 1x1, stride = 1, groups = 1, act = relu6) {
  conv(filters, kernel, stride=stride, pad=kernel[0] // 2, groups=groups, bias=false) -> batchnorm -> act
}

net Light "depthwise convolutions, and maps whose channels fill no block, as in MobileNet" {
  input image: 3x16x12
  unit(16, 3x3, 2)
  add { identity; { unit(32) -> unit(32, 3x3, 1, 32, hardswish) -> unit(16, act=identity) } } -> relu
  unit(12) -> unit(48) -> unit(48, 5x5, 2, 48) -> unit(20) -> depthwise(3x3, pad=1) -> global_avgpool
  logits = dense(5)
}

train Light {
  loss = cross_entropy(logits, label)
  optimizer = sgd(lr=0.1)
}
"""
MODERN = """
block unit() {
  add {
    identity
    { depthwise(7x7, pad=3) -> flatten(from=1) -> transpose -> layernorm
      dense(2 * in.channels, act=gelu) -> dense(in.channels) -> transpose -> reshape(in.shape)
      mul(parameter([in.channels, 1, 1], value=0.5)) }
  }
}

net Modern "depthwise convolutions between dense layers and GELUs, as in ConvNeXt" {
  input image: 3x24x16
  conv(16, 4x4, stride=4) -> unit -> unit -> conv(32, 2x2, stride=2) -> gelu(approximate=tanh) -> unit -> global_avgpool
  logits = dense(5)
}

train Modern {
  loss = cross_entropy(logits, label)
  optimizer = sgd(lr=0.1)
}
"""
JOINED = """
block layer(growth) {
  concat {
    identity
    { batchnorm -> relu -> conv(2 * growth, 1x1, bias=false)
      batchnorm -> relu -> conv(growth, 3x3, pad=1, bias=false) }
  }
}

net Joined "maps that grow by joins, of whole blocks of places, as in DenseNet" {
  input image: 3x24x16
  conv(16, 3x3, stride=2, pad=1, bias=false) -> batchnorm -> relu -> layer(6) -> layer(6) -> layer(4)
  batchnorm -> relu -> conv(16, 1x1, bias=false) -> avgpool(2x2) -> layer(8) -> batchnorm -> relu -> global_avgpool
  logits = dense(5)
}

train Joined {
  loss = cross_entropy(logits, label)
  optimizer = sgd(lr=0.1)
}
"""
ATTENDING = """
block unit(heads) {
  add { identity; { layernorm -> attention(heads) } }
  add { identity; { layernorm -> dense(2 * in.features, act=gelu) -> dense(in.features) } }
}

net Attending "attention, layer normalization and GELUs, as in ViT" {
  input image: 3x12x10
  conv(24, 3x3, stride=2, pad=1) -> flatten(from=1) -> transpose -> unit(2) -> unit(3)
  layernorm -> mean(axis=0)
  logits = dense(5)
}

train Attending {
  loss = cross_entropy(logits, label)
  optimizer = sgd(lr=0.1)
}
"""
TEXTS = {"many": MANY, "words": WORDS, "light": LIGHT, "modern": MODERN, "joined": JOINED, "attending": ATTENDING}
EVERYWHERE = ("lenet", "many", "words")
"""Tried on all targets; the others, which are about blocks, on the CPU's."""
FORCED = [
    "ConvWeightGradient=windows",
    "ConvWeightGradient=products",
    "ConvWeightGradient=swapped",
    "ConvWeightGradient=-products",
    "ConvInputGradient=transposed",
    "MaxPoolGradient=scan",
]
CASES: list[tuple[str, tuple[str, ...]]] = [
    *((target, ()) for target in TARGETS_HERE),
    *(("cuda", (one,)) for one in FORCED),
    *((target, (one,)) for target in BLOCKED_TARGETS[:1] for one in FORCED),
]


@cache
def net_and_expected(name: str, folder: Path) -> tuple[Net, dict[str, Any], dict[str, Any], float, dict[str, Any]]:
    path = LENET
    if name in TEXTS:
        path = folder / f"{name}.net"
        path.write_text(TEXTS[name])
    net = netc.load(path)
    random = np.random.default_rng(0)
    weights = {  # a scale before a ReLU and another normalization has a gradient only where its shift is not zero
        name: array + 0.3 * np.abs(random.standard_normal(array.shape)).astype(np.float32) * (array.ndim == 1)
        for name, array in initial_weights(net, 1).items()
    }
    shape = [BATCH, *net.inputs[0].shape[1:]]
    rows = {"image": random.standard_normal(shape).astype(np.float32), "label": random.integers(0, 5, BATCH)}
    loss, gradients = TorchStep(net, replace(net.plan(), batch=BATCH), weights, rows, lr=0.0).gradients()
    return net, weights, rows, loss, gradients


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("nets")


@pytest.mark.quick(3)
@pytest.mark.parametrize("batch", [BATCH, None])
@pytest.mark.parametrize(
    ("target", "lowerings", "name"),
    [
        (target, forced, name)
        for target, forced in CASES
        for name in ("lenet", *TEXTS)
        if (name in EVERYWHERE or target in CPU_TARGETS) and (name in ("lenet", "many") or not forced)
    ],
)
def test_gradients(target: str, lowerings: tuple[str, ...], name: str, batch: int | None, folder: Path) -> None:
    """With the batch known and open: the choices differ."""
    net, weights, rows, loss, expected = net_and_expected(name, folder)
    artifact = compile_gradients(net, batch=batch, target=target, options=Options(lowerings=lowerings))
    session = session_of(artifact.model, without=("Pad_Fusion",))
    given = {**weights, **rows, "seed": np.array(0), "step": np.array(0)}
    names = [port.name for port in session.get_outputs()]
    found = dict(
        zip(names, session.run(None, {port.name: given[port.name] for port in session.get_inputs()}), strict=True)
    )
    assert found["loss"] == pytest.approx(loss, rel=1e-5)
    for parameter, gradient in expected.items():
        off = np.linalg.norm(found[f"gradient.{parameter}"] - gradient)
        assert off <= 1e-4 * np.linalg.norm(gradient), parameter


@pytest.mark.quick(1)
@pytest.mark.parametrize("target", ["fast", "fast8"])
def test_what_the_library_is_for_is_its_own(target: str, folder: Path) -> None:
    """For blocks of either size, whichever this machine has."""

    def nodes(name: str) -> list[onnx.NodeProto]:
        net, *_ = net_and_expected(name, folder)
        return [*onnx.load_from_string(compile_gradients(net, batch=BATCH, target=target).model).graph.node]

    depthwise = Counter(node.op_type for node in nodes("light"))
    assert (depthwise["DepthwiseWeightGradient"], depthwise["DepthwiseInputGradient"]) == (2, 1)
    assert not {"Erf", "Tanh"} & {node.op_type for node in nodes("modern")}
    plain = [
        next(attribute.i for attribute in node.attribute if attribute.name == "plain")
        for node in nodes("joined")
        if node.op_type.startswith("BatchNormalization")
    ]
    assert {0, 1} == set(plain)
    attending = Counter(node.op_type for node in nodes("attending"))
    assert (attending["Attention"], attending["AttentionGradient"], attending["Softmax"]) == (2, 2, 0)
    assert (attending["LayerNormalization"], attending["LayerNormalizationGradient"]) == (5, 5)


def test_a_form_that_does_not_fit_a_layer_is_told_with_its_line(folder: Path) -> None:
    net, *_ = net_and_expected("many", folder)
    with pytest.raises(DiagnosticError) as caught:
        compile_gradients(net, options=Options(lowerings=("ConvWeightGradient=pointwise",)))
    (finding,) = caught.value.diagnostics
    assert finding.code == "E496"
    assert finding.primary is not None
    assert finding.primary.span.line in (4, 5, 6)


def test_the_choice_changes_the_graph_and_nothing_else_is_written() -> None:
    net = netc.load(LENET)
    usual, swapped, again = (
        netc.compiler.compile_training(net, batch=8, target="cuda", options=Options(lowerings=chosen)).model
        for chosen in ((), ("ConvWeightGradient=swapped",), ())
    )
    assert usual != swapped
    assert usual == again
