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
    due = [epoch for epoch in range(len(one.figures) + 1) if declared.due(one.figures[:epoch], one.higher) is not None]
    assert (due[0] if due else None) == one.ends


def test_a_reason_is_told() -> None:
    (early, reached) = (stop.all()[word] for word in ("early_stop", "reached"))
    assert early(patience=1).due([0.5, 0.25, 0.3], False) == "loss has not got better since epoch 2, where it was 0.25"
    assert reached(watch="accuracy", value=0.9).due([0.75, 0.925], True) == "accuracy has reached 0.9: it is 0.925"
