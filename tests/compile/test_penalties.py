"""`l1` and `l2` in the training's loss: values and updates by hand, logged apart, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator

from netc.compiler import Artifact, compile_gradients, compile_inference, compile_scorer, compile_training
from netc.compiler.load import check
from netc.compiler.net import Net
from netc.compiler.weights.draw import initial_weights

TEXT = """
net Small {{
  input x: 4
  shared twice = dense(4, {both}bias=false)
  x -> twice -> tanh -> twice
  y = dense(1, {one}bias_init=constant(0.5))
}}
train Small {{ loss = mse(y, 0); optimizer = sgd(lr=0.1) }}
"""


def net_of(both: str = "", one: str = "") -> Net:
    result = check("small.net", TEXT.format(both=both, one=one).replace("", ""))
    assert not result.diagnostics, result.diagnostics
    return result.nets[0]


def step_of(net: Net) -> dict[str, Any]:
    """The outputs of one training step on four examples."""
    made = compile_training(net, net.plan())
    feeds: dict[str, Any] = {**initial_weights(net, 1), "x": np.linspace(-1, 1, 16, dtype=np.float32).reshape(4, 4)}
    feeds |= {"learning_rate": np.float32(0.1), "seed": np.int64(0), "step": np.int64(0)}
    evaluator = ReferenceEvaluator(made.model)
    wanted = {name: np.asarray(feeds[name]) for name in evaluator.input_names}
    return dict(zip(evaluator.output_names, evaluator.run(None, wanted), strict=True))


@pytest.mark.parametrize(("l1", "l2"), [(0.01, 0.0), (0.0, 0.02), (0.03, 0.5)])
def test_the_step_minimizes_loss_and_penalties(l1: float, l2: float) -> None:
    given = f"l1={l1}, l2={l2}, "
    plain, net = step_of(net_of()), net_of(given, given)
    found, weights = step_of(net), initial_weights(net, 1)
    penalty = 0.0
    for name, w in weights.items():
        slope = np.zeros_like(w)
        if name.endswith("weight"):  # the shared one once, no bias
            penalty += l1 * np.abs(w).sum() + l2 * (w**2).sum()
            slope = l1 * np.sign(w) + 2 * l2 * w
        np.testing.assert_allclose(found[f"{name}.next"], plain[f"{name}.next"] - 0.1 * slope, rtol=1e-5, atol=1e-6)
    assert found["loss.penalty"] == pytest.approx(penalty, rel=1e-5)
    assert found["loss"] == pytest.approx(plain["loss"] + penalty, rel=1e-5)
    assert "loss.penalty" not in plain


def operators(artifact: Artifact) -> list[str]:
    return [node.op_type for node in onnx.load_from_string(artifact.model).graph.node]


def outputs(artifact: Artifact) -> set[str]:
    return {port["name"] for port in artifact.manifest["outputs"]}


def test_penalties_are_in_gradients_and_not_in_scores_or_answers() -> None:
    bare, net = net_of(), net_of("l2=1, ", "l1=1, ")
    assert operators(compile_inference(bare)) == operators(compile_inference(net))
    assert operators(compile_scorer(bare)) == operators(compile_scorer(net))
    assert outputs(compile_gradients(net)) - outputs(compile_gradients(bare)) == {"loss.penalty"}


def test_what_a_step_does_not_move_has_no_penalty() -> None:
    net = net_of("l2=1, ", "l1=1, ")
    plan = net.plan()
    assert "loss.penalty" not in outputs(compile_training(net, replace(plan, freeze=("twice", "y.weight"))))
    assert "loss.penalty" in outputs(compile_training(net, replace(plan, freeze=("twice",))))
