"""Every schedule on every sample: the factors worked out by hand, and its formula over a longer training."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from netc.compiler.declare.samples import Rates
from netc.compiler.schedules.base import Schedule, schedule

from .in_the_language import instance_of

SAMPLES = [pytest.param(one, id=one.call) for definition in schedule.all().values() for one in definition.samples]
BASE = 0.2


def rates(declared: Schedule, epochs: int, steps_per_epoch: int) -> list[float]:
    """The learning rate of every step."""
    return [declared.rate(BASE, step, steps_per_epoch, epochs) for step in range(epochs * steps_per_epoch)]


def compare(declared: Schedule, one: Rates) -> None:
    """With the sample's factors, and with the formula over thirteen times as many epochs, warm-up taken off."""
    expected = [BASE * factor for factor in one.factors]
    assert rates(declared, one.epochs, one.steps_per_epoch) == pytest.approx(expected, abs=1e-12)
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
