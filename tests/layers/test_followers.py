"""Every way to follow weights, on every sample: ten steps in ONNX Runtime against the formula in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

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
