"""Which attentions and layer normalizations become operators of `netc[fast]`, and that all stay what they were."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from sessions import fast_library, session_of

import netc
from netc.compiler import Net, Options, compile_gradients, initial_weights

BATCH = 3
ONE = {"Attention": 1, "AttentionGradient": 1}
NONE: dict[str, int] = {}
ATTENTIONS = {
    "plain": ("attention(2)", ONE),
    "one head of one number": ("dense(1) -> attention(1)", NONE),
    "causal": ("attention(2, causal=true)", ONE),
    "of several groups": ("attention(2, kv_heads=1)", NONE),
    "rotary": ("attention(2, rotary=true)", NONE),
    "without biases": ("attention(4, bias=false)", ONE),
    "of a memory": ("attention(2, memory=x)", NONE),
    "a mask": ("attention(2, mask=added)", NONE),
    "a mask, causal": ("attention(2, mask=added, causal=true)", NONE),
    "hidden keys": ("attention(2, mask=shown, causal=true)", NONE),
    "twice": ("attention(2, causal=true) -> attention(4)", {"Attention": 2, "AttentionGradient": 2}),
}
"""What flows [T, 8] go through before a dense layer, and the operators that stand for it."""

NORMS = {
    "plain": ("layernorm", {"LayerNormalization": 1, "LayerNormalizationGradient": 1}),
    "twice": ("layernorm -> relu -> layernorm", {"LayerNormalization": 2, "LayerNormalizationGradient": 2}),
    "of the root mean square": ("rmsnorm", NONE),
    "without a shift": ("layernorm(shift=false)", NONE),
    "of groups": ("reshape([8, T, 1]) -> groupnorm(2) -> reshape([T, 8])", NONE),
}


def net_of(body: str, length: int | str, folder: Path) -> Net:
    size = "" if isinstance(length, str) else f"T = {length}"
    text = f"""
        net One({size}) {{
          input image: [T, 8]
          input added: [T, T]
          input shown: bool [T]
          x = image -> dense(8)
          {body} -> dense(3) -> mean(axis=0)
          y = dense(2)
        }}
        train One {{
          loss = cross_entropy(y, label)
          optimizer = sgd(lr=0.1)
        }}
    """
    unused = [name for name in ("added", "shown") if f"={name}" not in body]
    lines = [line for line in text.splitlines() if not any(f"input {name}" in line for name in unused)]
    path = folder / "one.net"
    path.write_text("\n".join(lines).replace("One()", "One"))
    return netc.load(path)


def gradients(net: Net, target: str, length: int, **options: Any) -> tuple[dict[str, Any], Counter[str]]:
    """Loss and gradients of a batch, where the target runs here, and the model's operators."""
    artifact = compile_gradients(net, batch=None, target=target, options=Options(**options))
    nodes = Counter(node.op_type for node in onnx.load_from_string(artifact.model).graph.node)
    if target.startswith("fast") and fast_library() is None:
        return {}, nodes
    random = np.random.default_rng(0)
    given = {
        "image": random.standard_normal((BATCH, length, 8)).astype(np.float32),
        "added": random.standard_normal((BATCH, length, length)).astype(np.float32),
        "shown": random.random((BATCH, length)) < 0.7,
        "label": random.integers(0, 2, BATCH),
        "seed": np.array(0), "step": np.array(0), **initial_weights(net, 1),
    }  # fmt: skip
    session = session_of(artifact.model)
    found = session.run(None, {port.name: given[port.name] for port in session.get_inputs()})
    return dict(zip([port.name for port in session.get_outputs()], found, strict=True)), nodes


def assert_same(body: str, length: int, size: int | str, expected: dict[str, int], folder: Path) -> None:
    net = net_of(body, size, folder)
    theirs, _ = gradients(net, "std", length)
    ours, nodes = gradients(net, "fast", length)
    kinds = ("Attention", "AttentionGradient", "LayerNormalizationGradient")
    kinds += ("LayerNormalization",) if "LayerNormalizationGradient" in expected else ()
    assert {kind: nodes[kind] for kind in kinds if nodes[kind]} == expected
    for name, found in ours.items():
        np.testing.assert_allclose(
            found, theirs[name], rtol=0, atol=1e-5 * max(1e-3, float(np.abs(theirs[name]).max()))
        )


@pytest.mark.quick(3)
@pytest.mark.parametrize("name", ATTENTIONS)
@pytest.mark.parametrize("length", [5, 70])
def test_attention(name: str, length: int, tmp_path: Path) -> None:
    """Of lengths whose masks are constants, and are made."""
    body, expected = ATTENTIONS[name]
    assert_same(body, length, length, expected, tmp_path)


@pytest.mark.parametrize("name", ["plain", "causal"])
def test_attention_of_any_length(name: str, tmp_path: Path) -> None:
    body, expected = ATTENTIONS[name]
    assert_same(body, 9, "T", expected, tmp_path)


@pytest.mark.parametrize("name", NORMS)
def test_layer_normalization(name: str, tmp_path: Path) -> None:
    body, expected = NORMS[name]
    assert_same(body, 6, 6, expected, tmp_path)


def test_both_may_be_left_out(tmp_path: Path) -> None:
    net = net_of("layernorm -> attention(2)", 5, tmp_path)
    _, nodes = gradients(net, "fast", 5, without=frozenset({"attention", "layer_normalization"}))
    assert nodes["Attention"] == nodes["LayerNormalizationGradient"] == 0
    assert nodes["Softmax"] == 1
