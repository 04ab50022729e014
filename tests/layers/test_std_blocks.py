"""Blocks of the library that are written in the language alone: against PyTorch's modules, formulas and figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from here import CPU_TARGETS

import netc
from netc.compiler import load, totals

torch = pytest.importorskip("torch")

SETTINGS = [{}, {"pre": "true"}, {"pre": "true", "act": "gelu"}]
LEAVES = {
    "residual1.attention1.": "self_attn.",
    "residual1.layernorm1.": "norm1.",
    "residual2.layernorm1.": "norm2.",
    "residual2.feed_forward1.dense1.": "linear1.",
    "residual2.feed_forward1.dense2.": "linear2.",
}
DECODER = {
    **LEAVES,
    "residual2.attention1.": "multihead_attn.",
    "residual3.layernorm1.": "norm3.",
    "residual3.feed_forward1.dense1.": "linear1.",
    "residual3.feed_forward1.dense2.": "linear2.",
}


def model_of(text: str, folder: Path) -> netc.Model:
    (folder / "a.net").write_text(text, "utf-8")
    return netc.Model(netc.load(folder / "a.net"), device="cpu", target="std", seed=1)


def in_torch(model: netc.Model, module: Any, names: dict[str, str]) -> Any:
    """The module with the model's weights, which must be all of its own."""
    given = {}
    for name, weight in model.state_dict().items():
        _, _, inner = name.partition(".")
        ours = next(ours for ours in names if inner.startswith(ours))
        given[names[ours] + inner.removeprefix(ours)] = torch.from_numpy(weight).double()
    module.double().eval().load_state_dict(given)
    return module


def numbers(*shape: int) -> Any:
    return np.random.default_rng(list(shape)).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("given", SETTINGS, ids=str)
def test_encoder(given: dict[str, str], tmp_path: Path) -> None:
    more = "".join(f", {name}={value}" for name, value in given.items())
    model = model_of(f"use std.transformer (encoder)\nnet A {{ input x: [T, 8]; encoder(2, 16{more}) }}", tmp_path)
    layer = torch.nn.TransformerEncoderLayer(
        8, 2, 16, activation=given.get("act", "relu"), norm_first="pre" in given, batch_first=True
    )
    module, x = in_torch(model, layer, LEAVES), numbers(2, 5, 8)
    expected = module(torch.from_numpy(x).double()).detach().numpy()
    np.testing.assert_allclose(model(x), expected, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("given", SETTINGS, ids=str)
def test_decoder(given: dict[str, str], tmp_path: Path) -> None:
    more = "".join(f", {name}={value}" for name, value in given.items())
    text = f"use std.transformer (decoder)\nnet A {{ input x: [T, 8], seen: [S, 8]; x -> decoder(seen, 2, 16{more}) }}"
    model = model_of(text, tmp_path)
    layer = torch.nn.TransformerDecoderLayer(
        8, 2, 16, activation=given.get("act", "relu"), norm_first="pre" in given, batch_first=True
    )
    module, x, seen = in_torch(model, layer, DECODER), numbers(2, 5, 8), numbers(2, 7, 8)
    later = torch.ones(5, 5, dtype=torch.bool).triu(1)
    expected = module(torch.from_numpy(x).double(), torch.from_numpy(seen).double(), later).detach().numpy()
    np.testing.assert_allclose(model({"x": x, "seen": seen}), expected, rtol=2e-5, atol=2e-6)


@pytest.mark.quick(2)
@pytest.mark.parametrize(
    ("settings", "params"),
    [
        ({}, 124_439_808),
        ({"depth": 24, "width": 1024, "heads": 16}, 354_823_168),
        ({"depth": 36, "width": 1280, "heads": 20}, 774_030_080),
        ({"depth": 48, "width": 1600, "heads": 25}, 1_557_611_200),
    ],
)
def test_gpt_2_has_as_many_parameters_as_published(settings: dict[str, int], params: int) -> None:
    """As OpenAI's four models, by the count of Hugging Face's `model.num_parameters()`."""
    file = str(Path(netc.compiler.__path__[0]) / "std" / "gpt.net")
    assert totals(load(file, "GPT", settings)).params == params


def test_transformer_has_as_many_parameters_as_pytorchs() -> None:
    file = str(Path(netc.compiler.__path__[0]) / "std" / "transformer.net")
    small = {"source": 50, "target": 60, "width": 16, "heads": 4, "depth": 2, "hidden": 32}
    module = torch.nn.Transformer(16, 4, 2, 2, 32, batch_first=True)
    inner = sum(p.numel() for p in [*module.encoder.layers.parameters(), *module.decoder.layers.parameters()])
    assert totals(load(file, "Transformer", small)).params == inner + 50 * 16 + 60 * 16 + 16 * 60 + 60


def test_squeeze_and_excite(tmp_path: Path) -> None:
    model = model_of("use std.attention (squeeze_excite)\nnet A { input x: 8x3x3; squeeze_excite(4) }", tmp_path)
    x, given = numbers(2, 8, 3, 3), model.state_dict()
    (w1, b1, w2, b2), pooled = given.values(), x.mean(axis=(2, 3))
    gate = 1 / (1 + np.exp(-(np.maximum(pooled @ w1.T + b1, 0) @ w2.T + b2)))
    np.testing.assert_allclose(model(x), x * gate[:, :, None, None], rtol=2e-5, atol=1e-6)
    assert w1.shape == (2, 8)


def test_film(tmp_path: Path) -> None:
    model = model_of("use std.attention (film)\nnet A { input x: 4x3x3, c: 5; x -> film(c) }", tmp_path)
    x, c = numbers(2, 4, 3, 3), numbers(2, 5)
    weight, bias = model.state_dict().values()
    scale, shift = np.split(c @ weight.T + bias, 2, axis=1)
    expected = x * scale[:, :, None, None] + shift[:, :, None, None]
    np.testing.assert_allclose(model({"x": x, "c": c}), expected, rtol=2e-5, atol=1e-6)


def test_ghost_module(tmp_path: Path) -> None:
    """Han et al. 2019, equation 5: nearly `ratio` times fewer weights, of which the cheap ones are d * d each."""
    model = model_of("use std.ghost (ghost)\nnet A { input x: 16x6x6; ghost(24, 3x3) }", tmp_path)
    assert totals(model.net).params == 12 * 16 * 9 + 12 * 9 + 2 * 2 * 12
    assert model(numbers(2, 16, 6, 6)).shape == (2, 24, 6, 6)


MIXTURE = """
net Mixture(experts = 4) {
  input x: 6, label: int
  gate = x -> dense(experts) -> softmax
  for e in 0..experts { expert = x -> dense(12, act=relu) -> dense(5) }
  expert -> stack -> mul(gate -> unsqueeze(1)) -> sum(axis=0)
  logits = identity
}
train Mixture { loss = cross_entropy(logits, label); optimizer = adam(lr=0.05) }
"""


def test_a_mixture_of_experts_learns(tmp_path: Path) -> None:
    trainer = netc.Trainer(model_of(MIXTURE, tmp_path))
    x = numbers(32, 6)
    batch = {"x": x, "label": x[:, :5].argmax(axis=1)}
    losses = [trainer.step(batch)["loss"] for _ in range(20)]
    assert losses[-1] < losses[0] / 2


GPT = """
use std.gpt (GPT)
net Small {
  input tokens: int [T]
  tokens -> GPT(vocab=11, context=8, depth=2, width=16, heads=4, drop=0.0)
  first = mean(axis=0)
}
train Small { loss = cross_entropy(first, label); optimizer = adam(lr=0.01) }
"""


@pytest.mark.quick(1)
@pytest.mark.parametrize("length", [3, 8])
def test_gpt_learns(length: int, tmp_path: Path) -> None:
    trainer = netc.Trainer(model_of(GPT, tmp_path))
    tokens = np.random.default_rng(0).integers(0, 11, (8, length))
    losses = [trainer.step({"tokens": tokens, "label": tokens[:, 0]})["loss"] for _ in range(30)]
    assert losses[-1] < losses[0] / 2


@pytest.mark.quick(1)
@pytest.mark.parametrize("target", [*CPU_TARGETS[1:], "cuda", "web"])
def test_gradients_are_the_same_in_every_target(target: str, tmp_path: Path) -> None:
    net = model_of(GPT, tmp_path).net
    tokens = np.random.default_rng(0).integers(0, 11, (4, 6))
    batch = {"tokens": tokens, "label": tokens[:, 0]}
    loss, expected = netc.Model(net, device="cpu", target="std", seed=1).gradients(batch)
    found, gradients = netc.Model(net, device="cpu", target=target, seed=1).gradients(batch)
    assert found == pytest.approx(loss, rel=1e-5)
    for name, slope in expected.items():
        np.testing.assert_allclose(gradients[name], slope, rtol=1e-4, atol=1e-5 * np.abs(slope).max(), err_msg=name)
