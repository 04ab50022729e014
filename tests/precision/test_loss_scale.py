"""The loss scale inside the graph: overflow skips the step and halves it, good steps double it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from steps import Steps, by_reference, in_session

from netc.compiler import Artifact, Net, Options, compile_training, initial_weights
from netc.compiler.training.loss_scaling import GROWTH_STEPS, LARGEST_SCALE, SMALLEST_SCALE, START

from .networks import NETS, batch, net_of


@pytest.fixture(params=sorted(NETS))
def net(request: pytest.FixtureRequest, tmp_path: Path) -> Net:
    return net_of(NETS[request.param], tmp_path)


def steps_of(net: Net, evaluator: Any = in_session, **state: float) -> Steps:
    artifact: Artifact = compile_training(net, batch=12, options=Options(precision="mixed"))
    steps = Steps(artifact, evaluator(artifact), initial_weights(net))
    steps.tensors |= {name: np.array(value, np.float32) for name, value in state.items()}
    return steps


def test_it_starts_large_and_counts_good_steps(net: Net) -> None:
    steps = steps_of(net)
    assert steps.tensors["loss_scale"] == START
    for number in range(3):
        before = {name: array.copy() for name, array in steps.tensors.items()}
        loss = steps(batch(), 0.01)["loss"]
        assert 0.1 < loss < 10  # the loss itself, not the scaled one
        assert (steps.tensors["loss_scale"], steps.tensors["good_steps"]) == (START, number + 1)
        assert any((steps.tensors[name] != before[name]).any() for name in before if name.endswith(".weight"))


@pytest.mark.filterwarnings("ignore:.*:RuntimeWarning")  # numpy's, of the overflow that is wanted
def test_overflow_changes_nothing_but_the_scale(net: Net) -> None:
    steps = steps_of(net, by_reference, loss_scale=2.0**40, good_steps=77)  # ONNX Runtime's CPU would use float32
    good = float(steps_of(net)(batch(), 0.01)["loss"])
    before = {name: array.copy() for name, array in steps.tensors.items()}
    loss = float(steps(batch(), 0.01)["loss"])
    assert loss == pytest.approx(good, rel=1e-3)
    assert steps.tensors["loss_scale"] == 2.0**39
    assert steps.tensors["good_steps"] == 0
    for name in before.keys() - {"loss_scale", "good_steps"}:
        np.testing.assert_array_equal(steps.tensors[name], before[name], err_msg=name)


@pytest.mark.quick(1)
@pytest.mark.filterwarnings("ignore:.*:RuntimeWarning")
def test_it_falls_until_gradients_fit(net: Net) -> None:
    steps = steps_of(net, by_reference, loss_scale=2.0**30)
    scales = []
    for _ in range(16):
        steps(batch(), 0.01)
        scales.append(float(steps.tensors["loss_scale"]))
    assert scales == sorted(scales, reverse=True)
    assert scales[0] == 2.0**29
    assert scales[-1] == scales[-2] > 2.0**10
    assert steps.tensors["good_steps"] >= 2


def test_good_steps_double_it(net: Net) -> None:
    steps = steps_of(net, loss_scale=1024.0, good_steps=GROWTH_STEPS - 1)
    steps(batch(), 0.01)
    assert (steps.tensors["loss_scale"], steps.tensors["good_steps"]) == (2048.0, 0)
    steps(batch(), 0.01)
    assert (steps.tensors["loss_scale"], steps.tensors["good_steps"]) == (2048.0, 1)


@pytest.mark.quick(3)
@pytest.mark.parametrize("evaluator", [in_session, by_reference])
@pytest.mark.parametrize("poison", [np.nan, np.inf])
@pytest.mark.filterwarnings("ignore:.*:RuntimeWarning")
def test_a_loss_that_is_not_finite_skips_too(net: Net, evaluator: Any, poison: float) -> None:
    steps = steps_of(net, evaluator)
    rows = batch()
    rows["image"][0, 0, 0, 0] = poison
    before = {name: array.copy() for name, array in steps.tensors.items()}
    steps(rows, 0.01)
    assert steps.tensors["loss_scale"] == START / 2
    for name in before.keys() - {"loss_scale", "good_steps"}:
        np.testing.assert_array_equal(steps.tensors[name], before[name], err_msg=name)


def test_it_has_bounds(net: Net) -> None:
    steps = steps_of(net, loss_scale=SMALLEST_SCALE)
    rows = batch()
    rows["image"][:] = np.nan
    steps(rows, 0.01)
    assert steps.tensors["loss_scale"] == SMALLEST_SCALE
    assert 2.0**126 > LARGEST_SCALE > 2.0**64
    assert 1 / SMALLEST_SCALE < 2.0**126
