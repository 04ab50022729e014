"""Which recurrent networks become operators of `netc[fast]`, and that their gradients stay what they were."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from sessions import fast_library, session_of

import netc
from netc.compiler import Net, Options, compile_gradients, compile_inference, compile_training, initial_weights

ROOT = Path(__file__).parents[2]
BATCH, FEATURES = 5, 3
NONE: dict[str, int] = {}


def both(kind: str, count: int = 1) -> dict[str, int]:
    """So many operators of a kind, each with its gradient."""
    return {kind: count, f"{kind}Gradient": count}


LAYERS = {
    "lstm(5)": both("LSTM"),
    "lstm(5, last=true)": both("LSTM"),
    "lstm(5, reverse=true)": both("LSTM"),
    "lstm(5, reverse=true, last=true)": both("LSTM"),
    "lstm(19, bias=false)": both("LSTM"),
    "lstm(5, layers=2, bidirectional=true, dropout=0.3)": both("LSTM", 4),
    "lstm(5, layers=2, bidirectional=true, last=true)": both("LSTM", 4),
    "lstm(4, initial=h, initial_cell=c)": both("LSTM"),
    "lstm(4, initial_cell=c) -> lstm(2)": both("LSTM", 2),
    "gru(5)": both("GRU"),
    "gru(33, bidirectional=true, last=true)": both("GRU", 2),
    "gru(4, layers=2, bias=false, reverse=true)": both("GRU", 2),
    "gru(4, initial=h)": both("GRU"),
    "rnn(5)": both("RNN"),
    "rnn(5, activation=relu, last=true)": both("RNN"),
    "rnn(4, bidirectional=true, bias=false)": both("RNN", 2),
    "rnn(4, initial=h, reverse=true) -> gru(5) -> lstm(6, last=true)": both("RNN") | both("GRU") | both("LSTM"),
    "scan(s = zeros([4])) { s = prev s + (in -> dense(4, act=tanh)) }": NONE,
    # written by hand: gates in another order, and weights for all that they read
    "scan(s = zeros([4]), k = zeros([4])) {\n i, f, g, o = [in, prev s] -> concat -> dense(16) -> split(4)\n"
    " k = (f -> sigmoid) * prev k + (i -> sigmoid) * (g -> tanh)\n s = (o -> sigmoid) * (k -> tanh)\n}": NONE,
    # a gradient that stands in another body than its network
    "scan(s = zeros([4])) { inner = x -> lstm(4, last=true, initial=prev s)\n s = inner + (in -> dense(4)) }": NONE,
}
"""What x [T, 3] goes through, with states h and c [4] that are inputs, and the operators that stand for it."""


def net_of(body: str, length: int | str) -> Net:
    states = [f"input {name}: 4\n" for name in "hc" if f"={name}" in body]
    end = "dense(2) -> mean(axis=0)" if isinstance(length, str) else "flatten(from=0) -> dense(6) -> tanh -> dense(2)"
    return netc.loads(f"""
        net One {{
          input x: [{length}, {FEATURES}]
          {"".join(states)}
          y = x -> {body} -> {end}
        }}
        train One {{ loss = cross_entropy(y, label); optimizer = sgd(lr=0.1) }}
    """)


def of_the_library(model: bytes) -> dict[str, int]:
    """How many recurrent operators of the library a model has."""
    nodes = onnx.load_from_string(model).graph.node
    kinds = {name for kind in ("LSTM", "GRU", "RNN") for name in both(kind)}
    return Counter(node.op_type for node in nodes if node.domain == "netc.fast" and node.op_type in kinds)


def gradients(net: Net, length: int, **options: Any) -> tuple[dict[str, Any], dict[str, int]]:
    """Loss and gradients of a batch, where the target runs here, and the library's operators."""
    target = options.pop("target", "fast")
    artifact = compile_gradients(net, batch=options.pop("batch", None), target=target, options=Options(**options))
    if target.startswith("fast") and fast_library() is None:
        return {}, of_the_library(artifact.model)
    random = np.random.default_rng(0)
    given = {
        "x": random.standard_normal((BATCH, length, FEATURES)).astype(np.float32),
        "h": random.standard_normal((BATCH, 4)).astype(np.float32),
        "c": random.standard_normal((BATCH, 4)).astype(np.float32),
        "label": random.integers(0, 2, BATCH),
        "seed": np.array(3), "step": np.array(1), **initial_weights(net, 1),
    }  # fmt: skip
    session = session_of(artifact.model)
    found = session.run(None, {port.name: given[port.name] for port in session.get_inputs()})
    made = dict(zip([port.name for port in session.get_outputs()], found, strict=True))
    return made, of_the_library(artifact.model)


def assert_same(net: Net, length: int, expected: dict[str, int], **options: Any) -> None:
    theirs, _ = gradients(net, length, target="std")
    ours, nodes = gradients(net, length, **options)
    assert nodes == expected
    for name, found in ours.items():
        scale = max(1e-3, float(np.abs(theirs[name]).max()))
        np.testing.assert_allclose(found, theirs[name], rtol=0, atol=1e-5 * scale, err_msg=name)


@pytest.mark.quick(5)
@pytest.mark.parametrize("body", LAYERS)
@pytest.mark.parametrize("length", [1, 7])
def test_gradients_are_those_of_the_scans(body: str, length: int) -> None:
    assert_same(net_of(body, length), length, LAYERS[body])


@pytest.mark.quick(3)
@pytest.mark.parametrize("body", ["lstm(5)", "gru(17)", "rnn(4, reverse=true, initial=h)"])
@pytest.mark.parametrize("batch", [None, BATCH])
def test_sequences_of_any_length(body: str, batch: int | None) -> None:
    for length in (4, 9):
        assert_same(net_of(body, "T"), length, LAYERS.get(body) or both(body[:3].upper()), batch=batch)


@pytest.mark.parametrize("target", ["fast", "fast8"])
def test_nobody_wants_a_gradient(target: str) -> None:
    """What is used, or frozen behind inputs that stay, is ONNX's own operator; behind others a gradient flows."""
    net = net_of("lstm(5)", 4)
    assert of_the_library(compile_inference(net, initial_weights(net, 1), target=target).model) == NONE
    frozen = "frozen { read = x -> lstm(5, last=true) }"
    for before, expected in (("x = given", NONE), ("x = given -> dense(3)", both("LSTM"))):
        net = netc.loads(f"""
            net One {{
              input given: [4, 3]
              {before}
              {frozen}
              y = read -> dense(2)
            }}
            train One {{ loss = cross_entropy(y, label); optimizer = sgd(lr=0.1) }}
        """)
        artifact = compile_training(net, target=target)
        assert of_the_library(artifact.model) == expected
        own = {node.op_type for node in onnx.load_from_string(artifact.model).graph.node if not node.domain}
        assert ("LSTM" in own) == (not expected)


def test_it_may_be_left_out() -> None:
    _, nodes = gradients(net_of("lstm(5)", 4), 4, without=frozenset({"recurrences"}))
    assert nodes == NONE


@pytest.mark.quick(2)
@pytest.mark.parametrize("memory", ["normal", "low"])
@pytest.mark.parametrize(
    ("file", "expected"),
    [("bench/families/lstm.net", both("LSTM")), ("examples/zoo/seq2seq.net", both("GRU", 2))],
)
def test_steps_of_nets(file: str, expected: dict[str, int], memory: Any) -> None:
    """Of the bench and of the zoo; a decoder that attends stays a scan."""
    artifact = compile_training(netc.load(ROOT / file), batch=4, target="fast", options=Options(memory=memory))
    assert of_the_library(artifact.model) == expected
    scans = [node for node in onnx.load_from_string(artifact.model).graph.node if node.op_type == "Scan"]
    assert bool(scans) == ("seq2seq" in file)


@pytest.mark.parametrize("target", ["std", "cpu", "web"])
def test_other_targets_have_scans(target: str) -> None:
    _, nodes = gradients(net_of("lstm(5)", 4), 4, target=target)
    assert nodes == NONE
