"""Every schedule on every sample: the factors worked out by hand, and its formula over a longer training."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from netc.compiler.declare.samples import Rates
from netc.compiler.schedules.base import Schedule, schedule

from .in_the_language import instance_of

SAMPLES = [pytest.param(one, id=one.call) for definition in schedule.all().values() for one in definition.samples]
BASE = 0.2


def rates(declared: Schedule, epochs: int, steps_per_epoch: int, one: Rates | None = None) -> list[float]:
    """The learning rate of every step, with the feedback of the figures that the sample has."""
    figures, higher = (one.figures, one.higher) if one is not None else ((), False)
    return [
        declared.rate(BASE, step, steps_per_epoch, epochs)
        * declared.feedback(figures[: step // steps_per_epoch], higher)
        for step in range(epochs * steps_per_epoch)
    ]


def compare(declared: Schedule, one: Rates) -> None:
    """With the sample's factors, and with the formula over thirteen times as many epochs, warm-up taken off."""
    expected = [BASE * factor for factor in one.factors]
    assert rates(declared, one.epochs, one.steps_per_epoch, one) == pytest.approx(expected, abs=1e-12)
    epochs, steps = 13 * one.epochs, one.steps_per_epoch
    found = rates(declared, epochs, steps)
    rising = [step for step in range(epochs * steps) if step < declared.warmup * steps]
    whole = [BASE * min(1, (step + 1) / (declared.warmup * steps)) for step in rising]
    assert found[: len(rising)] == pytest.approx(whole)
    after = [BASE * declared.formula(Fraction(step, steps), epochs) for step in range(len(rising), epochs * steps)]
    assert found[len(rising) :] == pytest.approx(after, rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("one", SAMPLES)
def test_rates(one: Rates) -> None:
    compare(instance_of("schedule", one), one)


@pytest.mark.parametrize("factor", [2.0, 0.5])
@pytest.mark.parametrize("word", list(schedule.all()))
def test_a_scaled_one_fails(word: str, factor: float) -> None:
    definition: Any = schedule.all()[word]
    one = definition.samples[0]

    class Scaled(definition):  # type: ignore[misc]
        def factor(self, epoch: Fraction, epochs: int) -> float:
            return float(super().factor(epoch, epochs) * factor)

    with pytest.raises(AssertionError):
        compare(Scaled(**instance_of("schedule", one).settings()), one)


@pytest.mark.parametrize(("patience", "cooldown", "threshold"), [(1, 0, 0.0), (3, 2, 0.05), (2, 5, 0.2)])
@pytest.mark.parametrize("higher", [False, True])
def test_plateau_falls_where_pytorchs_does(patience: int, cooldown: int, threshold: float, higher: bool) -> None:
    torch = pytest.importorskip("torch")
    figures = np.cumsum(np.random.default_rng(patience).normal(0.05 if higher else -0.05, 0.2, 60)).tolist()
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=BASE)
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, mode="max" if higher else "min", factor=0.5, patience=patience - 1, threshold=threshold,
        threshold_mode="abs", cooldown=cooldown, eps=0,
    )  # fmt: skip
    ours = schedule.all()["plateau"](factor=0.5, patience=patience, cooldown=cooldown, threshold=threshold)
    for epoch, figure in enumerate(figures):
        theirs.step(figure)
        found = BASE * ours.feedback(figures[: epoch + 1], higher)
        assert found == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-9), epoch
    assert found < BASE
