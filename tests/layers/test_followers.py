"""Every way to follow weights, on every sample: ten steps in ONNX Runtime against the formula in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from here import CPU_TARGETS

import netc
from netc.compiler import check
from netc.compiler.declare.samples import Call
from netc.compiler.followers.base import follower
from netc.compiler.ir import DType, Value

FILE = """net A {{
  input x: 4
  online = x -> dense(2)
  target = x -> dense(2)
  output online, target
}}
train A {{ loss = mse(online, target); follow = ["target": {call}] }}
"""
SAMPLES = [pytest.param(one, id=one.call) for definition in follower.all().values() for one in definition.samples]


@pytest.mark.parametrize("one", SAMPLES)
def test_ten_steps(bench: Any, one: Call) -> None:
    ((_, declared),) = check("a.net", FILE.format(call=one.call)).nets[0].plans[0].follow
    old, source = bench.bare("old", 4, 3), bench.bare("source", 4, 3)
    time = Value("time", DType.INT64, ())
    bench.graph.inputs.append(time)
    new = declared.next(bench.g, old, source, time)
    rng = np.random.default_rng(0)
    held = rng.normal(size=(4, 3)).astype(np.float32)
    expected = held.astype(np.float64)
    for step in range(1, 11):
        followed = rng.normal(size=(4, 3)).astype(np.float32)
        expected = declared.formula(expected, followed.astype(np.float64), step)
        held = bench.run(new, {"old": held, "source": followed, "time": np.array(step, np.int64)})
        np.testing.assert_allclose(held, expected, rtol=1e-6, atol=1e-6)


DEEP = """
block branch() { repeat 3 { conv(4, 3x3, pad=same) -> batchnorm -> relu }; global_avgpool -> dense(4) -> dense(4) }
net Teacher {
  input x: 1x6x6
  online = x -> branch()
  target = x -> branch()
  logits = online -> dense(3)
  output logits, target
}
train Teacher {
  loss      = cross_entropy(logits, label) + mse(online, target)
  optimizer = __OPTIMIZER__
  follow    = ["target": average("online", decay=0.75)]
  average   = 0.5
  batch     = 8
}
"""
"""Enough tensors of one form that their updates are stacked, which what they follow must not be."""


@pytest.mark.quick(1)
@pytest.mark.parametrize("target", CPU_TARGETS)
@pytest.mark.parametrize("word", ["sgd(lr=0.1)", "adamw(lr=0.01)", "lamb(lr=0.01)"])
def test_parts_that_follow_in_a_whole_step(word: str, target: str) -> None:
    net = netc.loads(DEEP.replace("__OPTIMIZER__", word))
    trainer = netc.Trainer(netc.Model(net, device="cpu", seed=2, target=target))
    rng = np.random.default_rng(0)
    feeds = {"x": rng.normal(size=(8, 1, 6, 6)).astype(np.float32), "label": np.arange(8) % 3}
    before = trainer.model.state_dict()
    averaged = {name: array.astype(np.float64) for name, array in before.items()}
    for _ in range(3):
        trainer.step(feeds)
        after = trainer.model.state_dict()
        for name, new in after.items():
            averaged[name] = 0.5 * averaged[name] + 0.5 * new
            if name.startswith("target."):
                expected = 0.75 * before[name].astype(np.float64) + 0.25 * after[name.replace("target.", "online.")]
                np.testing.assert_allclose(new, expected, rtol=1e-5, atol=1e-6, err_msg=name)
        assert any(np.any(after[name] != before[name]) for name in after if name.startswith("online."))
        before = after
    for name, array in trainer.averaged().state_dict().items():
        np.testing.assert_allclose(array, averaged[name], rtol=1e-5, atol=1e-6, err_msg=name)
