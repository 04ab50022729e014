"""A model that stands alone carries what its loss reads. Predictions ask only for what the net's outputs need."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import netc
from netc.runtime.runs.deployed import Deployed
from netc.runtime.runs.export import deployable

TEXT = """
net Q {
  input state: 4, after: 4
  shared q = dense(3)
  values = state -> q
  later = after -> q
  OUTPUT
}
train Q { loss = LOSS }
"""
CHOSEN = "chosen = values -> softmax\n  output chosen"
BOTH = "both = values + later\n  output both"
X = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)


def net_of(output: str, loss: str) -> netc.Net:
    return netc.loads(TEXT.replace("OUTPUT", output).replace("LOSS", loss))


@pytest.mark.quick(1)
@pytest.mark.parametrize(
    ("output", "loss", "inputs", "outputs"),
    [
        ("output values", "mse(values, target) + mean(later)", ["state"], ["values"]),
        (
            CHOSEN,
            "cross_entropy(values, label) + mean(later)",
            ["state"],
            ["chosen", "values"],
        ),
        ("output values, later", "mse(values, target)", ["state", "after"], ["values", "later"]),
        (BOTH, "mse(later, target)", ["state", "after"], ["both", "later"]),
    ],
)
def test_what_is_asked_for(output: str, loss: str, inputs: list[str], outputs: list[str], tmp_path: Path) -> None:
    net = net_of(output, loss)
    (tmp_path / "a.onnx").write_bytes(deployable(net))
    whole = Deployed.open(tmp_path / "a.onnx")
    asked = Deployed.open(tmp_path / "a.onnx", answers=True)
    assert [port["name"] for port in whole.inputs] == ["state", "after"]
    assert ([port["name"] for port in asked.inputs], asked.outputs) == (inputs, outputs)
    given = {"state": X, "after": X + 1}
    found = asked.run({name: given[name] for name in inputs})
    for name, array in found.items():
        np.testing.assert_array_equal(array, whole.run(given)[name])
    scores = asked.class_scores(found)
    assert (scores is not None) == loss.startswith("cross_entropy")


def test_a_model_in_python_asks_for_no_more() -> None:
    net = net_of("output values", "cross_entropy(values, label) + 0.1 * cross_entropy(later, label)")
    first = netc.Model(net, device="cpu").predict({"state": X})
    assert [answer.index for answer in first] == netc.Model(net, device="cpu")({"state": X}).argmax(1).tolist()
