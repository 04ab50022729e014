"""Open sizes wherever a size stands: one model for every length does what a net of that length does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from sessions import session_of
from steps import Steps, in_session

from netc.compiler import compile_gradients, compile_inference, compile_training
from netc.compiler.load import load
from netc.compiler.net import Net
from netc.compiler.weights.draw import initial_weights

TEXT = """
net Language(context = 32, width = 8) {{
  input words: int [{T}], x: [{T}, 8], image: [3, {H}, 4]
  table     = parameter([20, width])
  embedded  = table -> gather(words)
  position  = parameter([context, width], std=1) -> slice(0, x.length)
  late      = x -> slice(x.length // 2) -> mean(axis=0)
  filled    = zeros([x.length, 8]) + (ones([1, 8]) -> expand([x.length, 8]))
  again     = x -> reshape(x.shape)
  steps     = arange(x.length)
  back      = arange(1, start=1 - x.length) * 0.1 -> unsqueeze(-1)
  later     = steps -> unsqueeze(0) -> greater(steps -> unsqueeze(1))
  scores    = x -> matmul(again -> transpose)
  masked    = later -> where(ones([x.length, x.length]) * -1e4, scores)
  mixed     = masked -> softmax -> matmul(x)
  twice     = x -> tile([2, 1]) -> sum(axis=0)
  rolled    = x -> roll(1) -> cumsum(0) -> max(axis=0)
  picked    = x -> gather(steps) -> stack(x) -> mean(axis=[0, 1])
  pooled    = image -> flatten -> reshape(image.shape) -> instancenorm(scale=true) -> mean(axis=[1, 2])
  out       = embedded + position + filled + again + back + mixed -> layernorm
  y         = out -> mean(axis=0) -> add(twice, rolled, picked, late) -> dense(5) -> add(pooled -> dense(5))
}}
train Language {{ loss = cross_entropy(y, label); optimizer = sgd(lr=0.1); batch = 4; epochs = 1 }}
"""
SIZES = [(3, 5), (32, 2), (11, 7)]


def net_of(tmp_path: Path, length: Any = "T", height: Any = "H") -> Net:
    path = tmp_path / f"language{length}.net"
    path.write_text(TEXT.format(T=length, H=height), encoding="utf-8")
    return load(str(path), None, {})


def batch_of(length: int, height: int) -> dict[str, Any]:
    rng = np.random.default_rng(length)
    return {
        "words": rng.integers(0, 20, (4, length)),
        "x": rng.normal(size=(4, length, 8)).astype(np.float32),
        "image": rng.normal(size=(4, 3, height, 4)).astype(np.float32),
        "label": rng.integers(0, 5, 4),
    }


def results(net: Net, batch: dict[str, Any]) -> dict[str, Any]:
    """What the network gives, and every gradient."""
    weights = initial_weights(net, 1)
    inference = session_of(compile_inference(net, weights).model)
    (y,) = inference.run(None, {port.name: batch[port.name] for port in inference.get_inputs()})
    artifact = compile_gradients(net)
    given = {**batch, **weights, "seed": np.array(0), "step": np.array(0)}
    session = session_of(artifact.model)
    names = [port.name for port in session.get_outputs()]
    found = session.run(names, {port.name: given[port.name] for port in session.get_inputs()})
    return {"y": y, **dict(zip(names, found, strict=True))}


def test_any_length_does_what_that_length_does(tmp_path: Path) -> None:
    open_net = net_of(tmp_path)
    for length, height in SIZES:
        batch = batch_of(length, height)
        found, expected = results(open_net, batch), results(net_of(tmp_path, length, height), batch)
        assert found.keys() == expected.keys()
        assert len(found) > 10
        for name, wanted in expected.items():
            scale = max(1e-3, float(np.abs(wanted).max()))
            np.testing.assert_allclose(found[name], wanted, rtol=0, atol=5e-6 * scale, err_msg=name)


def test_it_trains_on_batches_of_any_length(tmp_path: Path) -> None:
    net = net_of(tmp_path)
    artifact = compile_training(net)
    step = Steps(artifact, in_session(artifact), initial_weights(net, 1))
    losses = [float(step(batch_of(*SIZES[number % 3]), 0.05)["loss"]) for number in range(30)]
    assert np.isfinite(losses).all()
    assert sum(losses[-3:]) < 0.8 * sum(losses[:3])


def test_a_sequence_past_the_end_ends_with_an_error(tmp_path: Path) -> None:
    text = "net A {\n  input x: [T, 8]\n  y = parameter([4, 8]) -> slice(0, T) -> mean(axis=0)\n  z = x -> sum\n"
    path = tmp_path / "past.net"
    path.write_text(text + "  output y, z\n}\n", encoding="utf-8")
    session = session_of(compile_inference(load(str(path), None, {})).model)
    session.run(None, {"x": np.zeros((1, 4, 8), np.float32)})
    with pytest.raises(onnxruntime.capi.onnxruntime_pybind11_state.Fail, match=r"slice1"):
        session.run(None, {"x": np.zeros((1, 5, 8), np.float32)})
