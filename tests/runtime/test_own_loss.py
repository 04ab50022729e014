"""Losses that a net works out itself: trained by what they are, and measured where they can be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netc
from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.runs.deployed import Deployed

INSIDE = """
net Flow {
  input x: 4
  z = dense(4, bias=false)
  train only { energy = 0.5 * (z -> square -> sum(axis=-1)) - (z -> slice(0, 1) -> squeeze(0)) }
  output z
}
train Flow { loss = mean(energy); optimizer = sgd(lr=0.1) }
train Flow "measured" { loss = mean(energy); metrics = [mae(z, 0)]; optimizer = sgd(lr=0.1) }
"""


class Noting(netc.Listener):
    def __init__(self) -> None:
        self.notes: list[str] = []

    def noted(self, text: str) -> None:
        self.notes.append(text)


def fitted(section: str | None, **how: Any) -> tuple[netc.Trainer, netc.History, Noting]:
    net = netc.loads(INSIDE)
    trainer = netc.Trainer(netc.Model(net, device="cpu"), net.plan(section) if section else None, epochs=2)
    x = np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32)
    noting = Noting()
    return trainer, trainer.fit({"x": x}, listener=noting, **how), noting


def test_the_loss_is_the_mean_and_its_gradient_that_of_the_mean() -> None:
    net = netc.loads(INSIDE)
    model = netc.Model(net, device="cpu")
    x = np.random.default_rng(1).normal(size=(6, 4)).astype(np.float32)
    weight = next(array for name, array in model.state_dict().items() if name.endswith("weight")).astype(np.float64)
    z = x.astype(np.float64) @ weight.T
    loss, gradients = model.gradients({"x": x})
    assert loss == pytest.approx(np.mean(0.5 * (z**2).sum(axis=1) - z[:, 0]), rel=1e-5)
    slope = (z - np.eye(4)[0]) / len(x)
    np.testing.assert_allclose(next(iter(gradients.values())), slope.T @ x, rtol=1e-4, atol=1e-6)


def test_what_exists_in_training_alone_is_not_measured_on_held_out_rows(tmp_path: Path) -> None:
    _, history, noting = fitted(None, validation=0.25, out=tmp_path / "run")
    assert noting.notes == ["the loss is of values inside `train only`: nothing is measured on held-out rows"]
    assert not [name for name in history[0] if name.startswith("validation_")]
    with pytest.raises(DiagnosticError, match="carries no loss and no metrics"):
        Deployed.open(tmp_path / "run").evaluate({"x": np.zeros((2, 4), np.float32)})


def test_a_metric_of_what_is_left_is_measured_and_picks_the_best_epoch() -> None:
    _, history, noting = fitted("measured", validation=0.25)
    assert noting.notes == [
        "there is no held-out loss: `mean` is of values inside `train only`, and not measured on held-out rows"
    ]
    assert [name for name in history[0] if name.startswith("validation_")] == ["validation_mae"]


PARTLY = """
net A {
  input x: 4
  y = dense(4)
  train only { aux = y -> dense(4) }
  output y
}
train A { loss = [main: mse(y, x), side: mse(aux, x)] }
train A "metric" { loss = [side: mse(aux, x)]; metrics = [mae(y, x)] }
"""


@pytest.mark.parametrize(("section", "said"), [
    (None, "the held-out loss is less: `side` is of"), ("metric", "there is no held-out loss: `side` is of"),
])  # fmt: skip
def test_a_part_of_the_loss_that_is_not_measured_is_said(section: str | None, said: str, tmp_path: Path) -> None:
    net = netc.loads(PARTLY)
    trainer = netc.Trainer(netc.Model(net, device="cpu"), net.plan(section) if section else None, epochs=1)
    noting = Noting()
    x = np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32)
    history = trainer.fit({"x": x}, listener=noting, validation=0.25)
    assert [note for note in noting.notes if note.startswith(said)]
    assert ("validation_loss" in history[0]) == (section is None)
