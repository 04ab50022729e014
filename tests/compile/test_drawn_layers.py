"""Layers that draw: which elements share a fate, how noise lies, and what a model for use does instead."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sessions import session_of
from stages import legalise, simplify

from netc.compiler import compile_inference
from netc.compiler.emit import emit
from netc.compiler.ir import DType, Value
from netc.compiler.load import load
from netc.compiler.net import Net
from netc.compiler.passes import training_mode

Array = np.ndarray[Any, Any]


def net_of(body: str, tmp_path: Any) -> Net:
    path = tmp_path / "drawn.net"
    path.write_text(f"net Drawn {{\n  input x: 64x8x8\n{body}\n}}\n", encoding="utf-8")
    return load(str(path), None, {})


def in_training(net: Net, x: Array, seed: int = 0, step: int = 0) -> list[Array]:
    """The outputs as a training step computes them."""
    counters = [Value(name, DType.INT64, ()) for name in ("seed", "step")]
    graph = net.graph.copy()
    graph.inputs = [*graph.inputs, *counters]
    graph.outputs = dict(net.outputs)
    graph, _ = training_mode(graph, *counters)
    session = session_of(emit(legalise(simplify(graph))).SerializeToString())
    given = {"x": x, "seed": np.array(seed), "step": np.array(step)}
    return list(session.run(None, {port.name: given[port.name] for port in session.get_inputs()}))


def in_use(net: Net, x: Array) -> list[Array]:
    session = session_of(compile_inference(net).model)
    return list(session.run(None, {"x": x} if session.get_inputs() else {}))


@pytest.mark.quick(2)
@pytest.mark.parametrize(
    ("call", "shared"),
    [("dropout(0.25)", ()), ("spatial_dropout(0.25)", (2, 3)), ("stochastic_depth(0.25)", (1, 2, 3))],
)
def test_what_shares_a_fate_is_dropped_together(call: str, shared: tuple[int, ...], tmp_path: Any) -> None:
    net, x = net_of(f"  y = {call}", tmp_path), np.ones((300, 64, 8, 8), np.float32)
    (y,) = in_training(net, x)
    assert set(np.unique(y)) == {np.float32(0), np.float32(1) / np.float32(0.75)}
    decided = y.min(axis=shared) if shared else y
    assert (y == np.expand_dims(decided, shared)).all()
    dropped = float((decided == 0).mean())
    assert abs(dropped - 0.25) < 5 * np.sqrt(0.25 * 0.75 / decided.size)
    if decided.ndim > 1:
        assert len(np.unique(decided.reshape(300, -1), axis=0)) == 300
    assert (in_training(net, x)[0] == y).all()
    assert (in_training(net, x, step=1)[0] != y).any()
    np.testing.assert_array_equal(in_use(net, x)[0], x)


def test_noise_is_normal_and_new_in_each_step(tmp_path: Any) -> None:
    net, x = net_of("  y = gaussian_noise(0.5)", tmp_path), np.full((20, 64, 8, 8), 3.0, np.float32)
    noise = in_training(net, x)[0] - 3.0
    assert abs(noise.mean()) < 5 * 0.5 / np.sqrt(noise.size)
    assert abs(noise.var() / 0.25 - 1) < 5 * np.sqrt(2 / noise.size)
    assert abs((noise**4).mean() / noise.var() ** 2 - 3) < 0.2
    later = in_training(net, x, step=1)[0] - 3.0
    assert abs(np.corrcoef(noise.ravel(), later.ravel())[0, 1]) < 5 / np.sqrt(noise.size)
    np.testing.assert_array_equal(in_use(net, x)[0], x)


def test_two_sources_are_two(tmp_path: Any) -> None:
    net = net_of("  a = normal([50])\n  b = normal([50])\n  c = uniform([50])\n  x\n  output a, b, c", tmp_path)
    x = np.zeros((200, 64, 8, 8), np.float32)
    for results in (in_training(net, x), in_use(net, x)):
        a, b, c = (result.ravel() for result in results)
        for one, other in ((a, b), (a, c), (b, c)):
            assert abs(np.corrcoef(one, other)[0, 1]) < 5 / np.sqrt(a.size)
        assert c.min() >= 0
        assert c.max() < 1
    first, second = in_training(net, x), in_training(net, x, step=1)
    assert all((one != other).any() for one, other in zip(first, second, strict=True))
    for one, other in zip(in_use(net, x), in_use(net, x), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_source_needs_examples(tmp_path: Any) -> None:
    from netc.compiler.check import check

    found = check("sources.net", "net A {\n  y = normal([3])\n}\n").diagnostics
    assert any("has no input that says how many there are" in finding.message for finding in found)
