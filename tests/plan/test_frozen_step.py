"""A step with a frozen part is smaller: nothing of that part's gradients is computed, kept or updated."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import netc
from netc.compiler import compile_training
from netc.compiler.net import Net
from netc.compiler.passes.dead_code import dead_code
from netc.compiler.training.step import training_step

TEXT = """
net A {
  input image: 3x16x16
  stem   = { repeat 3 { conv(8, 3x3, pad=same, bias=false) -> batchnorm -> relu } }
  middle = conv(8, 3x3, pad=same, act=relu) -> maxpool(2x2) -> flatten
  logits = dense(10)
}
train A { loss = cross_entropy(logits, label); optimizer = adam; batch = 8 }
"""


def by_part(net: Net, *freeze: str) -> Counter[str]:
    """The nodes of the training step before any target, by the part of the net that they belong to."""
    plan = replace(net.plan(), freeze=freeze)
    graph = dead_code(training_step(net, plan, plan.only).graph)
    return Counter(node.origin.scope.partition(".")[0] for node in graph.nodes if node.op != "Constant")


def test_no_gradient_of_what_is_frozen() -> None:
    net = netc.loads(TEXT)
    forward = Counter(node.origin.scope.partition(".")[0] for node in net.graph.nodes if node.op != "Constant")
    whole, partly, head = by_part(net), by_part(net, "stem"), by_part(net, "stem", "middle")
    assert partly["stem"] == head["stem"] == forward["stem"]
    assert whole["stem"] > 2 * forward["stem"]
    assert head["middle"] == forward["middle"] < partly["middle"] < whole["middle"]
    assert head["logits"] < partly["logits"] <= whole["logits"]  # no gradient for what flows in


def test_no_state_and_no_new_value_of_what_is_frozen() -> None:
    net = netc.loads(TEXT)
    plan = replace(net.plan(), freeze=("stem",))
    whole, partly = compile_training(net), compile_training(net, plan)
    assert partly.nodes < 0.6 * whole.nodes
    for port in (*partly.manifest["inputs"], *partly.manifest["outputs"]):
        if port["name"].startswith("stem."):
            assert port["role"] == "param"
            assert port["name"] in {item.name for item in net.parameters}
            assert not port["trainable"]
    settings = partly.manifest["settings"]
    assert settings["freeze"] == ["stem"]
