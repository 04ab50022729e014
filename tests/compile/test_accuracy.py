"""Gradients of deep nets in float32: no further from PyTorch's in float64 than PyTorch's own in float32 are."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netc.compiler import compile_gradients, load
from netc.compiler.weights.draw import initial_weights

pytest.importorskip("torch")
from bench.accuracy import Case, Errors, errors, median_errors, ratio
from bench.ours import targets
from netc.runtime.devices.device import CPU
from netc.runtime.measure.torch_step import TorchStep
from netc.runtime.sessions.session import Session

TARGETS = targets()
"""All that this machine's CPU can run, the optional library's with it."""

NO_WORSE = 1.5
"""The largest ratio of our error to PyTorch's. On these nets it is 0.5 to 1.1, and that of PyTorch's channels_last,
which is another order of the same sums, up to 3.4. Means in batch norm that are off by 4e-6 make it 4."""

PLAIN = """
net Plain {
  input image: 3x32x32
  for filters, depth in [[32, 2], [64, 2], [64, 2]] {
    repeat depth { conv(filters, 3x3, pad=1, act=relu) }
    maxpool(2x2)
  }
  flatten
  dense(128, act=relu)
  logits = dense(10)
}
train Plain {
  loss = cross_entropy(logits, label)
  optimizer = sgd(lr=0.1)
}
"""
POOLED = """
net Pooled {
  input image: 2x12x12
  conv(16, 3x3, pad=1) -> ACT -> maxpool(WINDOW)
  flatten
  logits = dense(5)
}
train Pooled {
  loss = cross_entropy(logits, label)
  optimizer = sgd(lr=0.1)
}
"""


@pytest.fixture(scope="module")
def residual() -> list[Errors]:
    return errors(Case("zoo/resnet_cifar.net", 32, 16, smooth=True), range(1), TARGETS, threads=1)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> list[Errors]:
    path = tmp_path_factory.mktemp("nets") / "plain.net"
    path.write_text(PLAIN)
    return errors(Case(str(path), 32, 16, smooth=True), range(3), TARGETS, threads=1)


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS)
def test_convolutions_with_biases(plain: list[Errors], target: str) -> None:
    assert ratio(plain, target) < NO_WORSE
    assert max(median_errors(plain, target).values()) < 1e-5


@pytest.mark.quick(1)
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("kind", ["conv1.weight", "batchnorm1.weight", "batchnorm1.bias"])
def test_residual_net_with_batch_norm(residual: list[Errors], target: str, kind: str) -> None:
    """Kernels, and the scales and shifts of batch norm, each on their own."""
    ours, theirs = median_errors(residual, target), median_errors(residual, "eager")
    assert statistics.median(ours[name] / theirs[name] for name in ours if name.endswith(kind)) < NO_WORSE
    assert max(ours.values()) < 5e-5


@pytest.mark.quick(12)
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("window", ["2x2", "3x3, stride=2", "3x3, stride=2, pad=1", "3x3, stride=1, pad=1"])
@pytest.mark.parametrize("act", ["relu", "identity"])
def test_the_first_of_equal_maxima_takes_the_gradient(target: str, window: str, act: str, tmp_path: Path) -> None:
    """Small whole numbers: all sums are exact, and most windows hold their maximum more than once."""
    path = tmp_path / "pooled.net"
    path.write_text(POOLED.replace("WINDOW", window).replace("ACT", act))
    net = load(path)
    rng = np.random.default_rng(5)
    weights = initial_weights(net, 0)
    for name in ("conv1.weight", "conv1.bias"):
        weights[name] = rng.integers(-1, 2, weights[name].shape).astype(np.float32)
    rows: dict[str, Any] = {"image": rng.integers(0, 2, (16, 2, 12, 12)).astype(np.float32)}
    rows["label"] = rng.integers(0, 5, 16)
    expected = TorchStep(net, net.plan(), weights, rows, lr=0.0).gradients()[1]
    session = Session(compile_gradients(net, batch=16, target=target), CPU, threads=1)
    found = session.run({**rows, **weights, "seed": np.array(0), "step": np.array(0)})
    for name, slope in expected.items():
        np.testing.assert_allclose(found[f"gradient.{name}"], slope, rtol=1e-4, atol=1e-5, err_msg=name)
