"""Replacing settings of a training plan."""

from __future__ import annotations

import pytest

from netc.compiler.optimizers.base import optimizer
from netc.compiler.plan.override import override
from netc.grammar.diagnostics import DiagnosticError

from .networks import dense_net, plan


def test_what_is_given_changes_and_the_rest_stays() -> None:
    before = plan(dense_net(), optimizer.all()["adam"](lr=1e-3, beta1=0.8), epochs=3, batch=16)
    after = override(before, batch=64, epochs=None, lr=0.01)
    assert (after.batch, after.epochs) == (64, 3)
    assert after.only.optimizer.settings() == {**before.only.optimizer.settings(), "lr": 0.01}
    assert before.only.optimizer.lr == 1e-3
    assert after.losses == before.losses
    assert override(before, clip_norm=2).only.clip_norm == 2.0
    assert override(before, data="digits").data == "digits"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"batch": 0}, "batch is a positive whole number, found 0"),
        ({"batch": 2.5}, "batch is a positive whole number, found 2.5"),
        ({"lr": -1}, "lr is a number of at least 0, found -1"),
        ({"epochs": "many"}, 'found "many"'),
        ({"epoch": 3}, "no setting `epoch`"),
    ],
)
def test_what_does_not_fit_is_said(settings: dict[str, object], message: str) -> None:
    with pytest.raises(DiagnosticError) as caught:
        override(plan(dense_net()), **settings)
    (finding,) = caught.value.diagnostics
    assert finding.code == "E490"
    assert message in finding.message


def test_all_findings_at_once() -> None:
    with pytest.raises(DiagnosticError) as caught:
        override(plan(dense_net()), batch=0, epochs=-1, optimiser=None, optimizr=3)
    assert len(caught.value.diagnostics) == 3
