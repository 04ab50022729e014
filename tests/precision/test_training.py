"""Training in mixed precision against PyTorch in float64, and against our own float32."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from steps import Steps, by_reference, in_session

from netc.compiler import Net, Options, compile_gradients, compile_training, initial_weights
from netc.runtime.measure.torch_step import TorchStep

from .networks import NETS, batch, net_of

MIXED, BFLOAT16 = Options(precision="mixed"), Options(precision="bfloat16")


@pytest.fixture(params=sorted(NETS))
def net(request: pytest.FixtureRequest, tmp_path: Path) -> Net:
    return net_of(NETS[request.param], tmp_path)


def distance(found: dict[str, Any], exact: dict[str, Any], start: dict[str, Any], net: Net) -> float:
    """How far the trained weights are from the exact ones, in parts of the way that these went."""
    names = [parameter.name for parameter in net.parameters if parameter.trainable]
    off = np.sqrt(sum(np.sum((found[name] - exact[name]) ** 2) for name in names))
    way = np.sqrt(sum(np.sum((exact[name] - start[name]) ** 2) for name in names))
    return float(off / way)


@pytest.mark.quick(2)
@pytest.mark.parametrize(("options", "evaluator", "near"), [
    (MIXED, in_session, 5e-2), (MIXED, by_reference, 5e-2), (BFLOAT16, by_reference, 2e-1),
])  # fmt: skip
def test_steps_go_where_float64_goes(net: Net, options: Options, evaluator: Any, near: float) -> None:
    pytest.importorskip("torch")
    start, rows = initial_weights(net), batch()
    wide = {name: array.astype(np.float64) for name, array in start.items()}
    exact = TorchStep(net, net.plan(), wide, {**rows, "image": rows["image"].astype(np.float64)}, lr=0.01)
    steps = Steps(artifact := compile_training(net, batch=12, options=options), evaluator(artifact), start)
    for _ in range(6):
        loss = float(steps(rows, 0.01)["loss"])
        assert loss == pytest.approx(exact(), rel=near)
    trained = {name: tensor.detach().numpy() for name, tensor in exact.weights.items()}
    assert distance(steps.tensors, trained, start, net) < near


@pytest.mark.quick(1)
def test_the_loss_falls_as_in_float32(net: Net) -> None:
    last = []
    for options in (Options(), MIXED):
        artifact = compile_training(net, batch=12, options=options)
        steps = Steps(artifact, in_session(artifact), initial_weights(net))
        losses = [float(steps(batch(), 0.05)["loss"]) for _ in range(40)]
        assert losses[-1] < 0.5 * losses[0]
        last.append(losses[-1])
    assert last[1] == pytest.approx(last[0], rel=0.2)


def test_little_memory_gives_the_same_bits(net: Net) -> None:
    found = []
    for options in (MIXED, Options(precision="mixed", memory="low")):
        steps = Steps(artifact := compile_training(net, batch=12, options=options), by_reference(artifact), {})
        steps.tensors |= initial_weights(net)
        steps(batch(), 0.05)
        found.append(steps.tensors)
    for name, array in found[0].items():
        np.testing.assert_array_equal(found[1][name], array, err_msg=name)


def test_gradients_are_not_scaled(net: Net) -> None:
    weights = {**initial_weights(net), **batch(), "seed": np.array(0), "step": np.array(0)}
    found = []
    for options in (Options(), MIXED):
        run = in_session(artifact := compile_gradients(net, options=options))
        wanted = {port["name"] for port in artifact.manifest["inputs"]}
        found.append(run({name: array for name, array in weights.items() if name in wanted}))
    for name, exact in found[0].items():  # loosely: rounding decides which of two near places a pooling takes
        assert np.linalg.norm(found[1][name] - exact) <= 0.1 * max(np.linalg.norm(exact), 0.01), name
