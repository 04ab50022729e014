"""Steps of the optimizers against Keras's, which are kept in `keras_optimizers.json`: twelve steps in float64.

Where the two add epsilon at different places it is near zero on both sides, so that all else is compared.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from optimizer_calls import made_of

from netc.compiler.declare.samples import Call
from netc.compiler.ir import DType, Value
from netc.compiler.optimizers.base import optimizer

KERAS = json.loads((Path(__file__).parent / "keras_optimizers.json").read_text())


@pytest.mark.quick(3)
@pytest.mark.parametrize("call", KERAS["weights"])
def test_twelve_steps_are_those_of_keras(bench: Any, call: str) -> None:
    instance = made_of(Call(call))
    start = np.array(KERAS["start"], np.float32)
    values = {name: bench.bare(name, *start.shape) for name in ("weight", "gradient", *instance.slots())}
    for name in ("rate", "time"):
        values[name] = Value(name, DType.FLOAT32, ())
        bench.graph.inputs.append(values[name])
    state = tuple(values[name] for name in instance.slots())
    new, after = instance.update(bench.g, values["weight"], values["gradient"], state, values["rate"], values["time"])
    outputs = {"weight": new, **dict(zip(instance.slots(), after, strict=True))}
    held = {"weight": start, **{name: np.zeros_like(start) for name in instance.slots()}}
    for number, (gradient, expected) in enumerate(zip(KERAS["gradients"], KERAS["weights"][call], strict=True)):
        scalars = {"rate": np.array(instance.lr, np.float32), "time": np.array(number + 1, np.float32)}
        held = bench.run(outputs, {**held, "gradient": np.array(gradient, np.float32), **scalars})
        np.testing.assert_allclose(held["weight"], expected, rtol=2e-6, atol=2e-6)


def test_every_optimizer_is_compared() -> None:
    compared = {Call(call).word for call in KERAS["weights"]}
    assert set(optimizer.all()) - compared == {"radam"}  # which Keras lacks
