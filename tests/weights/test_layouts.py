"""Files that keep channels last: their network, computed as they say in numpy, and ours with the weights loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netc

RANDOM = np.random.default_rng(0)
Arrays = dict[str, np.ndarray]


def loaded(text: str, weights: Arrays, folder: Path) -> netc.Model:
    np.savez(folder / "w.npz", **{name.replace(".", "/"): array for name, array in weights.items()})
    model = netc.Model(netc.loads(text), device="cpu")
    report = model.load(folder / "w.npz")
    assert not report.names("missing")
    return model


def normal(*shape: int) -> np.ndarray:
    return RANDOM.standard_normal(shape).astype(np.float32) * 0.5


def convolved(x: np.ndarray, kernel: np.ndarray, depthwise: bool = False) -> np.ndarray:
    """A valid convolution of N×H×W×C with H×W×I×O, or of each channel with H×W×C×M."""
    height, width = kernel.shape[:2]
    windows = np.lib.stride_tricks.sliding_window_view(x, (height, width), axis=(1, 2))
    if not depthwise:
        return np.einsum("nyxihw,hwio->nyxo", windows, kernel)
    made = np.einsum("nyxihw,hwim->nyxim", windows, kernel)
    return made.reshape(*made.shape[:3], -1)


def test_maps_and_the_dense_layer_behind_them(tmp_path: Path) -> None:
    weights = {
        "conv1.kernel": normal(3, 3, 2, 4), "conv1.bias": normal(4), "dw.depthwise_kernel": normal(2, 2, 4, 2),
        "bn.gamma": normal(8), "bn.beta": normal(8), "bn.moving_mean": normal(8),
        "bn.moving_variance": normal(8) ** 2 + 1, "fc.kernel": normal(4 * 3 * 8, 8), "fc.bias": normal(8),
        "logits.kernel": normal(8, 8),
    }  # fmt: skip
    text = """net A {
      input image: 2x7x6
      conv1 = conv(4, 3x3)
      dw = depthwise(2x2, multiplier=2, bias=false)
      bn = batchnorm(epsilon=1e-3)
      tanh -> flatten
      fc = dense(8, act=tanh)
      logits = dense(8, bias=false)
    }"""
    x = normal(3, 7, 6, 2)
    h = convolved(x, weights["conv1.kernel"]) + weights["conv1.bias"]
    h = convolved(h, weights["dw.depthwise_kernel"], depthwise=True)
    h = (h - weights["bn.moving_mean"]) / np.sqrt(weights["bn.moving_variance"] + 1e-3)
    h = np.tanh(h * weights["bn.gamma"] + weights["bn.beta"]).reshape(3, -1)
    h = np.tanh(h @ weights["fc.kernel"] + weights["fc.bias"]) @ weights["logits.kernel"]
    found = loaded(text, weights, tmp_path)(x.transpose(0, 3, 1, 2))
    np.testing.assert_allclose(found, h, rtol=0, atol=1e-4 * np.abs(h).max())


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def lstm(x: np.ndarray, w: Arrays) -> np.ndarray:
    """Keras's: gates i f c o."""
    units = w["recurrent_kernel"].shape[0]
    h = c = np.zeros((len(x), units), np.float32)
    for step in range(x.shape[1]):
        i, f, g, o = np.split(x[:, step] @ w["kernel"] + h @ w["recurrent_kernel"] + w["bias"], 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
    return h


def gru(x: np.ndarray, w: Arrays) -> np.ndarray:
    """Keras's with reset_after: gates z r h, and two biases."""
    units = w["recurrent_kernel"].shape[0]
    h = np.zeros((len(x), units), np.float32)
    for step in range(x.shape[1]):
        a = np.split(x[:, step] @ w["kernel"] + w["bias"][0], 3, axis=1)
        b = np.split(h @ w["recurrent_kernel"] + w["bias"][1], 3, axis=1)
        z, r = sigmoid(a[0] + b[0]), sigmoid(a[1] + b[1])
        h = z * h + (1 - z) * np.tanh(a[2] + r * b[2])
    return h


@pytest.mark.parametrize(("word", "gates", "biases", "formula"), [("lstm", 4, (20,), lstm), ("gru", 3, (2, 15), gru)])
def test_gates(word: str, gates: int, biases: tuple[int, ...], formula: Any, tmp_path: Path) -> None:
    weights = {"kernel": normal(6, gates * 5), "recurrent_kernel": normal(5, gates * 5), "bias": normal(*biases)}
    x = normal(4, 7, 6)
    text = f"net A {{ input x: 7x6; cell = {word}(5, last=true) }}"
    model = loaded(text, {f"cell.{leaf}": array for leaf, array in weights.items()}, tmp_path)
    np.testing.assert_allclose(model(x), formula(x, weights), rtol=0, atol=1e-5)


def test_both_directions(tmp_path: Path) -> None:
    directions = [{"kernel": normal(6, 20), "recurrent_kernel": normal(5, 20), "bias": normal(20)} for _ in range(2)]
    names = ("forward_lstm", "backward_lstm")
    weights = {f"both.{name}.{leaf}": w[leaf] for name, w in zip(names, directions, strict=True) for leaf in w}
    x = normal(4, 7, 6)
    model = loaded("net A { input x: 7x6; both = lstm(5, bidirectional=true, last=true) }", weights, tmp_path)
    expected = np.concatenate([lstm(x, directions[0]), lstm(x[:, ::-1], directions[1])], axis=1)
    np.testing.assert_allclose(model(x), expected, rtol=0, atol=1e-5)


def test_names_that_say_nothing_leave_it_to_the_shapes(tmp_path: Path) -> None:
    """Kernels that fit with their channels last alone are turned, those of all sizes equal with them."""
    weights = {"a.weight": normal(3, 3, 3, 3), "b.weight": normal(3, 3, 3, 5), "b.bias": normal(5)}
    text = "net A { input image: 3x9x9; a = conv(3, 3x3, bias=false); b = conv(5, 3x3) }"
    x = normal(2, 9, 9, 3)
    expected = convolved(convolved(x, weights["a.weight"]), weights["b.weight"]) + weights["b.bias"]
    model = netc.Model(netc.loads(text), device="cpu")
    np.savez(tmp_path / "w.npz", **weights)
    report = model.load(tmp_path / "w.npz")
    assert report.counts == {"loaded": 1, "converted": 2, "shape differs": 0, "missing": 0, "freshly initialised": 0,
                             "unused": 0}  # fmt: skip
    np.testing.assert_allclose(model(x.transpose(0, 3, 1, 2)).transpose(0, 2, 3, 1), expected, rtol=0, atol=1e-4)
    for name, array in weights.items():
        weights[name] = array.transpose(3, 2, 0, 1) if array.ndim == 4 else array
    np.savez(tmp_path / "w.npz", **weights)
    assert netc.Model(netc.loads(text), device="cpu").load(tmp_path / "w.npz").counts["converted"] == 0


def test_the_report_says_what_became_of_each(tmp_path: Path) -> None:
    model = netc.Model(netc.loads("net A { input x: 4; a = dense(3); b = dense(5); c = dense(2) }"), device="cpu")
    given = {"a.weight": normal(3, 4).astype(np.float64), "a.bias": normal(3), "b.weight": normal(6, 3), "z": normal(2)}
    np.savez(tmp_path / "w.npz", **given)
    before = model.state_dict()
    report = model.load(tmp_path / "w.npz", partial=True)
    assert report.names("converted") == ["a.weight"]
    assert report.names("loaded") == ["a.bias"]
    assert report.names("missing") == ["b.bias", "c.weight", "c.bias"]
    assert report.names("unused") == ["z"]
    assert str(report).splitlines()[1:] == [
        "shape differs: b.weight: 6x3 in the file, 5x3 here; drawn anew, or give the net 6 of them",
        "missing: b.bias, c.weight, c.bias",
        "unused: z",
    ]
    assert report.to_json()["counts"]["shape differs"] == 1
    assert len(report.lines(whole=True)) == 1 + 7
    after = model.state_dict()
    np.testing.assert_array_equal(after["a.bias"], given["a.bias"])
    np.testing.assert_array_equal(after["b.weight"], before["b.weight"])
