"""Every reason to stop on every sample: the epoch after which it stops, worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from netc.compiler.declare.samples import Epochs
from netc.compiler.stops.base import stop

from .in_the_language import instance_of

SAMPLES = [pytest.param(one, id=one.call) for definition in stop.all().values() for one in definition.samples]


@pytest.mark.parametrize("one", SAMPLES)
def test_the_epoch_after_which_it_stops(one: Epochs) -> None:
    declared: Any = instance_of("stop", one)
    figures = dict(enumerate(one.figures, 1))
    ends = range(len(figures) + 1)
    due = [end for end in ends if declared.due(dict(list(figures.items())[:end]), one.higher) is not None]
    assert (due[0] if due else None) == one.ends


def test_a_reason_is_told() -> None:
    (early, reached) = (stop.all()[word] for word in ("early_stop", "reached"))
    found = early(patience=1).due({1: 0.5, 4: 0.25, 9: 0.3}, False)
    assert found == "loss has not got better since epoch 4, where it was 0.25"
    found = reached(watch="accuracy", value=0.9).due({1: 0.75, 2: 0.925}, True)
    assert found == "accuracy has reached 0.9: it is 0.925"


def test_epochs_without_the_figure_do_not_count() -> None:
    assert stop.all()["early_stop"](patience=2).due({1: 0.5, 5: 0.6}, False) is None
