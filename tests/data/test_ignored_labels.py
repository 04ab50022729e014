"""Labels that a loss ignores lie outside of the classes: below 0, as PyTorch's -100, or above, as 255 of masks."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import netc

ROWS = 40


@pytest.mark.parametrize("ignored", [-100, -1, 3, 255])
def test_they_are_trained_with_and_count_nowhere(ignored: int) -> None:
    rng = np.random.default_rng(0)
    x, label = rng.normal(size=(ROWS, 5)).astype(np.float32), np.arange(ROWS) % 3
    label[::5] = ignored
    text = f"""
    net A {{ input x: 5
      y = dense(3) }}
    train A {{
      loss = cross_entropy(y, label, ignore_index={ignored}, class_weights=balanced)
      metrics = [accuracy, confusion]
      batch = 8
      optimizer = sgd(lr=0)
    }}
    """
    model = netc.Model(netc.loads(text), device="cpu")
    trainer = netc.Trainer(model)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        trainer.fit({"x": x, "label": label}, validation={"x": x, "label": label}, epochs=1, quiet=True)
    kept = label != ignored
    weights = model.state_dict()
    logits = (x @ weights["y.weight"].T + weights["y.bias"]).astype(np.float64)
    logs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    counts = np.bincount(label[kept], minlength=3)
    balance = kept.sum() / (3 * counts)
    of_each = balance[label[kept]]
    loss = (of_each * -logs[np.flatnonzero(kept), label[kept]]).sum() / of_each.sum()
    figures = trainer.evaluate({"x": x, "label": label})
    assert figures["loss"] == pytest.approx(loss, rel=1e-5)
    assert figures["accuracy"] == pytest.approx((logits.argmax(axis=1) == label)[kept].mean())
    assert np.sum(figures["confusion"]) == kept.sum()
