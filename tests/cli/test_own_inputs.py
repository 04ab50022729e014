"""Nets whose losses and metrics compare with one of their own inputs, through every command."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pytest

AUTOENCODER = """
net A {
  input image: 1x8x8
  flatten -> dense(16, act=relu) -> dense(64, act=sigmoid)
  picture = reshape(image.shape)
}
train A { loss = mse(picture, image); optimizer = adam(lr=1e-2); epochs = 2 }
"""
LABELLED = """
net A {
  input image: 1x8x8
  input label: int
  code = image -> flatten -> dense(16, act=relu)
  logits = dense(10)
  picture = code -> dense(64, act=sigmoid) -> reshape(image.shape)
}
train A {
  loss = mse(picture, image) + cross_entropy(logits, label)
  metrics = [accuracy(logits, label)]
  optimizer = adam(lr=1e-2)
  epochs = 3
}
"""


def images() -> bytes:
    """An archive with nothing but images."""
    file = io.BytesIO()
    np.savez(file, image=np.random.default_rng(0).integers(0, 256, (90, 8, 8), np.uint8))
    return file.getvalue()


def measured(netc: Any, *arguments: str) -> dict[str, float]:
    done = netc("eval", *arguments, "--format", "json")
    assert done.returncode == 0, done.stderr
    found: dict[str, float] = json.loads(done.stdout)["metrics"]
    return found


@pytest.mark.slow
def test_an_autoencoder_of_images_alone(netc: Any) -> None:
    done = netc(
        "train", "ae.net", "--data", "ae.npz", "--out", "run", files={"ae.net": AUTOENCODER, "ae.npz": images()}
    )
    assert done.returncode == 0, done.stderr
    trained = measured(netc, "run")
    assert measured(netc, "run/model.onnx", "--data", "ae.npz", "--part", "val") == pytest.approx(trained)
    assert netc("compile", "ae.net", "-o", "ae.onnx").returncode == 0
    assert measured(netc, "ae.onnx", "--data", "ae.npz")["loss"] > trained["loss"]
    assert netc("predict", "run", "ae.npz").returncode == 0
    assert netc("train", "--resume", "run", "--epochs", "3").returncode == 0
    bench = netc("bench", "ae.net", "--rounds", "1", "--no-torch", "--format", "json")
    assert bench.returncode == 0, bench.stderr


@pytest.mark.slow
def test_a_metric_of_an_input(netc: Any) -> None:
    done = netc("train", "a.net", "--data", "digits", "--out", "run", files={"a.net": LABELLED})
    assert done.returncode == 0, done.stderr
    trained = measured(netc, "run")
    assert trained["accuracy"] > 0.8
    assert netc("compile", "a.net", "-o", "a.onnx").returncode == 0
    assert measured(netc, "a.onnx", "--data", "digits").keys() == trained.keys()
