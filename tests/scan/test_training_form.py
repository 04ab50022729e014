"""What a scan does in training: masks of its own in each step, statistics that each step moves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from netc.compiler import Net, compile_gradients, compile_training, initial_weights

Array = np.ndarray[Any, Any]
DROPPED = """
net Dropped {
  input x: [6, 5]
  y = scan { dropout(0.5) -> dropout(0.25) }
  twice = x -> scan {
    part = in
    masked = x -> scan { dropout(0.5) }
    masked + part
  }
  output y, twice
}
train Dropped "one" { loss = mse(y, 0) }
train Dropped "two" { loss = mse(twice, 0) }
"""


def masks(net: Net, run: Any, label: str, *, seed: int = 3, step: int = 0) -> Array:
    """What became of ones, by the gradient of the mean square for them: 2 mask^2 / count."""
    feeds = {"x": np.ones((400, 6, 5), np.float32), "seed": np.array(seed), "step": np.array(step)}
    found: Array = run(compile_gradients(net, net.plan(label)), feeds)["gradient.x"]
    return found


def test_each_step_has_a_mask_of_its_own(net_of: Callable[[str], Net], run: Any) -> None:
    net = net_of(DROPPED)
    found = masks(net, run, "one") > 0
    assert abs(found.mean() - 0.5 * 0.75) < 0.02
    steps = found.transpose(1, 0, 2).reshape(6, -1)
    correlations = np.corrcoef(steps.astype(float))[np.triu_indices(6, 1)]
    assert np.abs(correlations).max() < 0.1
    np.testing.assert_array_equal(found, masks(net, run, "one") > 0)
    for other in ({"seed": 4}, {"step": 1}):
        assert (found != (masks(net, run, "one", **other) > 0)).mean() > 0.3


def test_each_run_of_an_inner_scan_has_masks_of_its_own(net_of: Callable[[str], Net], run: Any) -> None:
    """A slope is a sum over outer steps: with one mask for all of them it would be all or nothing."""
    found = masks(net_of(DROPPED), run, "two")
    assert len(np.unique(np.round(found / found.max(), 3))) > 5


NORMALIZED = """
net Normalized {
  input x: [T, 3]
  y = scan { batchnorm }
}
train Normalized { loss = mse(y, 1); optimizer = sgd(lr=0.1) }
"""


@pytest.mark.parametrize("steps", [4, 1])
def test_statistics_move_in_each_step(steps: int, net_of: Callable[[str], Net], run: Any) -> None:
    net = net_of(NORMALIZED)
    x = np.random.default_rng(0).normal(2, 3, (8, steps, 3)).astype(np.float32)
    weights = initial_weights(net, 0)
    feeds = {"x": x, **weights, "learning_rate": np.array(0.1, np.float32), "seed": np.array(0), "step": np.array(0)}
    found = run(compile_training(net), feeds)
    mean, variance = (weights[f"y.batchnorm1.running_{name}"].astype(float) for name in ("mean", "var"))
    normal = []
    for t in range(steps):
        batch = x[:, t].astype(float)
        mean, variance = 0.9 * mean + 0.1 * batch.mean(0), 0.9 * variance + 0.1 * batch.var(0)
        normal.append((batch - batch.mean(0)) / np.sqrt(batch.var(0) + 1e-5))
    np.testing.assert_allclose(found["y.batchnorm1.running_mean.next"], mean, rtol=1e-5)
    np.testing.assert_allclose(found["y.batchnorm1.running_var.next"], variance, rtol=1e-5)
    np.testing.assert_allclose(found["loss"], ((np.array(normal) - 1) ** 2).mean(), rtol=1e-5)
