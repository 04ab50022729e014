"""Attention where its samples can't go: truth values as masks, nothing to attend to, any length, PyTorch's weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netc

torch = pytest.importorskip("torch")

MASKED = """
net Masked {
  input tokens: int [T], x: [T, 8]
  seen = tokens -> not_equal(than=0)
  x -> attention(2, mask=seen, CAUSAL)
  y = identity
}
train Masked { loss = mse(y, 0); optimizer = sgd(lr=0.1) }
"""
TOKENS = np.array([[3, 1, 0, 2, 0], [0, 0, 0, 0, 0], [0, 0, 5, 5, 5]])


def model_of(text: str, folder: Path) -> netc.Model:
    (folder / "a.net").write_text(text, "utf-8")
    return netc.Model(netc.load(folder / "a.net"), device="cpu", target="std", seed=3)


def module_of(model: netc.Model, **settings: Any) -> Any:
    """PyTorch's module with the same weights, under the same names."""
    module = torch.nn.MultiheadAttention(8, 2, batch_first=True, **settings).double()
    given = {name.removeprefix("attention1."): torch.from_numpy(w).double() for name, w in model.state_dict().items()}
    module.load_state_dict(given)
    return module


@pytest.mark.parametrize("causal", [False, True])
def test_truth_values_say_what_is_attended_to(causal: bool, tmp_path: Path) -> None:
    model = model_of(MASKED.replace("CAUSAL", f"causal={str(causal).lower()}"), tmp_path)
    x = np.random.default_rng(0).standard_normal((3, 5, 8)).astype(np.float32)
    found = model({"tokens": TOKENS, "x": x})
    hidden = np.broadcast_to(TOKENS[:, None, :] == 0, (3, 5, 5))
    if causal:
        hidden = hidden | ~np.tri(5, dtype=bool)
    shut = hidden.all(axis=2)
    given = torch.from_numpy(np.where(shut[..., None], False, hidden).repeat(2, axis=0))
    wide = torch.from_numpy(x).double()
    expected = module_of(model)(wide, wide, wide, attn_mask=given, need_weights=False)[0].detach().numpy()
    assert shut.any()
    np.testing.assert_allclose(found[~shut], expected[~shut], rtol=2e-5, atol=2e-6)
    bias = model.state_dict()["attention1.out_proj.bias"]
    np.testing.assert_array_equal(found[shut], np.broadcast_to(bias, found[shut].shape))


@pytest.mark.parametrize("causal", [False, True])
def test_minus_infinity_hides_as_false_does(causal: bool, tmp_path: Path) -> None:
    text = MASKED.replace("CAUSAL", f"causal={str(causal).lower()}")
    model = model_of(text, tmp_path)
    numbers = model_of(
        text.replace("tokens: int [T]", "added: [T]").replace("  seen = tokens -> not_equal(than=0)\n", "")
        .replace("mask=seen", "mask=added"), tmp_path,
    )  # fmt: skip
    x = np.random.default_rng(0).standard_normal((3, 5, 8)).astype(np.float32)
    for lowest in (-np.inf, np.finfo(np.float32).min):
        added = np.where(TOKENS == 0, np.float32(lowest), np.float32(0))
        np.testing.assert_array_equal(numbers({"added": added, "x": x}), model({"tokens": TOKENS, "x": x}))
        (loss, found), (same, wanted) = (
            numbers.gradients({"added": added, "x": x}), model.gradients({"tokens": TOKENS, "x": x}),
        )  # fmt: skip
        assert loss == same
        for name, slope in wanted.items():
            np.testing.assert_array_equal(found[name], slope, err_msg=name)


@pytest.mark.parametrize("size", [1.0, 3e4])
def test_gradients_are_finite_where_nothing_is_attended_to(size: float, tmp_path: Path) -> None:
    model = model_of(MASKED.replace("CAUSAL", "causal=true"), tmp_path)
    x = np.random.default_rng(0).standard_normal((3, 5, 8)).astype(np.float32) * np.float32(size)
    loss, gradients = model.gradients({"tokens": TOKENS, "x": x})
    assert np.isfinite(loss)
    assert all(np.isfinite(slope).all() for slope in gradients.values())
    np.testing.assert_array_equal(gradients["x"][1], 0.0)  # the example whose tokens are all hidden


def test_a_later_token_moves_no_earlier_answer(tmp_path: Path) -> None:
    model = model_of("net A { input x: [T, 8]; y = attention(4, causal=true, kv_heads=2, rotary=true) }", tmp_path)
    x = np.random.default_rng(0).standard_normal((1, 9, 8)).astype(np.float32)
    whole = model(x)
    for length in (1, 4, 9):
        np.testing.assert_allclose(model(x[:, :length]), whole[:, :length], rtol=1e-5, atol=1e-6)


def test_rotary_attention_knows_distances_alone(tmp_path: Path) -> None:
    """With equal elements in front, the answer of the last ones depends on how far apart they are."""
    text = "net A { input q: [T, 8], k: [T, 8]; a = q -> positional(kind=rotary); b = k -> positional(kind=rotary)\n" \
           "  scores = a -> matmul(b -> transpose) }"  # fmt: skip
    model = model_of(text, tmp_path)
    rng = np.random.default_rng(0)
    q, k = (np.repeat(rng.standard_normal((1, 1, 8)).astype(np.float32), 7, axis=1) for _ in range(2))
    scores = model({"q": q, "k": k})[0]
    for distance in range(-6, 7):
        along = np.diagonal(scores, distance)
        np.testing.assert_allclose(along, along[0], rtol=1e-4, atol=1e-5)
    assert np.ptp(scores) > 0.1


def test_weights_are_dropped_in_training_alone(tmp_path: Path) -> None:
    text = "net A { input x: [T, 8]; y = attention(2, dropout=0.5) }\ntrain A { loss = mse(y, 0) }"
    model = model_of(text, tmp_path)
    without = model_of(text.replace(", dropout=0.5", ""), tmp_path)
    x = np.random.default_rng(0).standard_normal((2, 6, 8)).astype(np.float32)
    np.testing.assert_array_equal(model(x), without(x))
    assert model.gradients({"x": x})[0] != without.gradients({"x": x})[0]
