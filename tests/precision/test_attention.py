"""Attention in mixed precision."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from steps import Steps, by_reference

import netc
from netc.compiler import Options, compile_training, initial_weights

TEXT = """
net Masked {
  input tokens: int [T], x: [T, 8]
  seen = tokens -> not_equal(than=0)
  x -> attention(1, mask=seen, causal=true)
  y = identity
}
train Masked { loss = mse(y, 0); optimizer = sgd(lr=0.1) }
"""


REPEATED = """
net Masked {
  input tokens: int [T], x: [T, 8]
  a = x -> dense(8)
  scores = a -> matmul(x -> transpose)
  y = scores + (tokens * -1e9 -> reshape([1, T]) -> expand([T, T])) -> softmax
}
train Masked { loss = mse(y, 0); optimizer = sgd(lr=0.1) }
"""


@pytest.mark.parametrize("text", [TEXT, REPEATED], ids=["attention", "repeated"])
def test_what_is_hidden_is_so_in_16_bits(tmp_path: Path, text: str) -> None:
    """Before: a row that saw nothing was minus infinity all over, which is what float16 has, and the loss NaN."""
    (tmp_path / "a.net").write_text(text, "utf-8")
    net = netc.load(tmp_path / "a.net")
    x = np.random.default_rng(0).standard_normal((3, 5, 8)).astype(np.float32)
    rows = {"tokens": np.array([[3, 1, 0, 2, 0], [0, 0, 0, 0, 0], [0, 0, 5, 5, 5]]), "x": x}
    losses, trained = [], []
    for precision in ("mixed", "float32"):
        artifact = compile_training(net, options=Options(precision=precision))
        steps = Steps(artifact, by_reference(artifact), initial_weights(net))
        losses.append(float(steps(rows, 0.1)["loss"]))
        trained.append(steps.tensors)
    assert losses[0] == pytest.approx(losses[1], rel=1e-2)
    for name in initial_weights(net):
        np.testing.assert_allclose(trained[0][name], trained[1][name], atol=2e-3, err_msg=name)
