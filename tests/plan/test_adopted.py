"""A plan of another load of the same text belongs to the net as its own does; one of another net is refused."""

from __future__ import annotations

import pytest

import netc
from netc.compiler import compile_gradients, compile_scorer, compile_training
from netc.grammar.diagnostics import DiagnosticError

TEXT = """
net A { input x: 4
  h = dense(3, act=relu)
  y = dense(2)
}
train A { loss = cross_entropy(y * 2, label) + 0.1 * mean(h * h); metrics = [accuracy(y, label)] }
train A "other" { step a { loss = mse(y, target) }; step b { loss = mean(h) } }
"""


@pytest.mark.parametrize("label", [None, "other"])
def test_of_the_same_text(label: str | None) -> None:
    net, again = netc.loads(TEXT), netc.loads(TEXT)
    theirs = again.plan(label)
    assert compile_training(net, theirs).model == compile_training(net, net.plan(label)).model
    assert compile_scorer(net, theirs).model == compile_scorer(net, net.plan(label)).model
    trainer = netc.Trainer(netc.Model(net, device="cpu"), theirs)
    assert trainer.plan is net.plan(label)
    assert not trainer.own_plan


def test_of_the_same_net_with_another_section() -> None:
    net = netc.loads(TEXT)
    theirs = netc.loads(TEXT.replace("0.1 * mean(h * h)", "0.1 * mean(h)")).plan()
    with pytest.raises(DiagnosticError, match=r"\[E417\].*`mul"):
        netc.Trainer(netc.Model(net, device="cpu"), netc.loads(TEXT.replace("y * 2", "y * 3")).plan())
    trainer = netc.Trainer(netc.Model(net, device="cpu"), theirs)
    assert trainer.own_plan
    assert set(trainer.step({"x": [[1.0, 2, 3, 4]], "label": [1]})) == {"loss", "accuracy"}


@pytest.mark.parametrize("change", [("dense(3", "dense(5"), ("relu", "tanh"), ("x: 4", "x: 6")])
def test_of_another_net(change: tuple[str, str]) -> None:
    theirs = netc.loads(TEXT.replace(*change)).plan()
    net = netc.loads(TEXT)
    with pytest.raises(DiagnosticError, match=r"\[E417\] the plan is of another net"):
        netc.Trainer(netc.Model(net, device="cpu"), theirs)
    for compile in (compile_training, compile_gradients, compile_scorer):
        with pytest.raises(DiagnosticError, match=r"\[E417\]"):
            compile(net, theirs)
