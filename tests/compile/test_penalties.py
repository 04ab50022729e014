"""`l1` and `l2` in the training's loss: values and updates by hand, logged apart, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator

from netc.compiler import (
    Artifact,
    compile_gradients,
    compile_inference,
    compile_scorer,
    compile_training,
    penalties,
)
from netc.compiler.check import check
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


SECTIONS = """
net Small {{
  input x: 4
  dense(4, l2=0.5) -> tanh -> dense(3) -> batchnorm
  y = dense(1)
}}
train Small "first" {{ loss = mse(y, 0); {first} }}
train Small "second" {{ loss = mse(y, 0); {second} }}
"""


def sections(first: str, second: str = "batch = 8") -> Any:
    return check("small.net", SECTIONS.format(first=first, second=second))


def test_patterns_come_on_top_of_what_layers_say() -> None:
    net = sections('l2 = ["*.weight": 0.25, y: 1]; l1 = ["dense2.bias": 2]').nets[0]
    trained = {item.value for item in net.parameters if item.trainable}
    found = {item.name: (item.l1, item.l2) for item in penalties(net.parameters, net.plan("first").only, trained)}
    assert found == {
        "dense1.weight": (0, 0.75), "dense2.weight": (0, 0.25), "dense2.bias": (2, 0), "batchnorm1.weight": (0, 0.25),
        "y.weight": (0, 1.25), "y.bias": (0, 1),
    }  # fmt: skip
    found = {item.name: item.l2 for item in penalties(net.parameters, net.plan("second").only, trained)}
    assert found == {"dense1.weight": 0.5}


def test_a_section_says_what_weights_start_with() -> None:
    net = sections('initializers = ["*.weight": constant(2), "batchnorm*": constant, "y.bias": constant(3)]').nets[0]
    weights = initial_weights(net)
    assert {name: float(w.ravel()[0]) for name, w in weights.items() if w.min() == w.max()} == {
        "dense1.weight": 2, "dense1.bias": 0, "dense2.weight": 2, "dense2.bias": 0, "batchnorm1.weight": 0,
        "batchnorm1.bias": 0, "batchnorm1.running_mean": 0, "batchnorm1.running_var": 1, "y.weight": 2, "y.bias": 3,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("first", "second", "code", "says"),
    [
        ('l2 = ["*.wight": 0.1]', "batch = 8", "E415", "`l2` names `*.wight`, and no weight is called so"),
        ('l2 = ["*.running_mean": 0.1]', "batch = 8", "E415", "no weight is called so"),
        ("l2 = 0.1", "batch = 8", "E406", "`l2` is a table"),
        ("l2 = [3: 0.1]", "batch = 8", "E406", "`l2` is a table from names"),
        ("l2 = [y: -1]", "batch = 8", "E224", "a number of at least 0, found -1"),
        ("initializers = [y: he]", "batch = 8", "E201", "nothing is called `he`"),
        (
            "initializers = [y: constant(1)]",
            "initializers = [y: constant(2)]",
            "E406",
            "another train section lets `y.",
        ),
    ],
)
def test_what_sections_are_told(first: str, second: str, code: str, says: str) -> None:
    finding = sections(first, second).diagnostics[0]
    assert finding.code == code
    assert says in finding.message


def test_sections_may_say_the_same_start() -> None:
    assert not sections("initializers = [y: normal(0.5)]", "initializers = [y: normal(0.5)]").diagnostics
