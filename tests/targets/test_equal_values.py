"""Values under several names, and gradients that are equal, in every target: a copy is an operator of ONNX's own."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from here import BLOCKED_TARGETS
from sessions import session_of

import netc
from netc.compiler import compile_gradients, compile_inference, compile_training, initial_weights
from netc.compiler.emit import emit
from netc.compiler.ir import Builder, DType, Graph, Value
from netc.compiler.ops.base import OPS
from netc.compiler.targets import TARGETS
from netc.runtime.measure.torch_step import TorchStep

RUNNABLE = ["std", "cuda", "web", *BLOCKED_TARGETS]
OWN = sorted(name for name, definition in OPS.items() if definition.domain)
assert {OPS[name].domain for name in OWN} == {"com.microsoft", "com.microsoft.nchwc", "netc.fast"}
BODIES = [
    "dense(16, act=relu)",
    "dense(16, act=tanh)",
    "dense(16) -> batchnorm -> relu",
    "reshape([16, 1, 1]) -> conv(16, 1x1, act=relu) -> flatten",
    "reshape([4, 2, 2]) -> conv(16, 3x3, pad=same, bias=false) -> batchnorm -> relu -> maxpool(2x2) -> flatten",
]


def drawn(seed: int) -> str:
    """A net whose parameters share gradients (several biases added up) and whose outputs share a value."""
    draw = random.Random(seed)
    biases = [f"b{number}" for number in range(draw.randint(2, 4))]
    lines = ["net Equal {", "  input x: 16"]
    lines += [f"  {name} = parameter([16], std=0.5)" for name in biases]
    flow = " -> ".join(draw.choice(BODIES) for _ in range(draw.randint(1, 3)))
    lines += [f"  body = x -> {flow}", f"  joined = add(body, {', '.join(biases)})"]
    lines += [f"  out1 = joined -> {draw.choice(['relu', 'tanh', 'sigmoid', 'identity'])}"]
    lines += [f"  out{number} = out{number - 1} -> identity" for number in range(2, draw.randint(3, 5))]
    last = lines[-1].split()[0]
    losses = f"mse(out1, target) + 0.5 * mse({last}, target)"
    update = draw.choice(["sgd(lr=0.1)", "adam(lr=0.01)", "sgd(lr=0.1, momentum=0.9)"])
    return "\n".join([*lines, "}", f"train Equal {{ loss = {losses}; optimizer = {update}; batch = 6 }}"])


def twice(name: str) -> list[Any]:
    """The nodes written for an operator whose results are outputs under two names each."""
    definition = OPS[name]
    one = definition.samples[0]
    types = one.dtypes or (DType.FLOAT32,) * len(one.shapes)
    graph = Graph("one")
    graph.inputs = [
        Value(f"x{i}", dtype, shape) for i, (dtype, shape) in enumerate(zip(types, one.shapes, strict=True))
    ]
    made = Builder(graph).add(name, graph.inputs, dict(one.attributes))
    graph.outputs = {f"{again}{number}": value for again in "yz" for number, value in enumerate(made)}
    return list(emit(graph).graph.node)


@pytest.mark.parametrize("name", OWN)
def test_a_copy_of_what_a_runtimes_operator_made_is_onnxs_own(name: str) -> None:
    first, *copies = twice(name)
    assert first.domain == OPS[name].domain
    assert copies
    assert {(node.domain, node.op_type) for node in copies} == {("", "Identity")}


@cache
def operators_of_runtimes() -> set[tuple[str, str]]:
    """Domain and name of every operator that is not ONNX's."""
    return {(first.domain, first.op_type) for first, *_ in map(twice, OWN)}


def check_domains(model: bytes) -> None:
    """Every node is of ONNX's own set, or a runtime's operator under that operator's name."""
    for node in onnx.load_from_string(model).graph.node:
        known = (node.domain, node.op_type) in operators_of_runtimes() if node.domain else onnx.defs.has(node.op_type)
        assert known, (node.domain, node.op_type)


@pytest.mark.quick(4)
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("seed", range(12))
def test_drawn_nets_in_every_target(seed: int, target: str, tmp_path: Path) -> None:
    """Written for each target, and run where this machine can, against PyTorch."""
    file = tmp_path / "equal.net"
    file.write_text(drawn(seed))
    net = netc.load(file)
    weights = initial_weights(net, seed)
    steps = compile_training(net, batch=6, target=target), compile_training(net, target=target)
    names = [path for path in net.values if path.startswith("out")]
    found = compile_gradients(net, batch=6, target=target), compile_inference(net, weights, taps=names, target=target)
    for artifact in (*steps, *found):
        check_domains(artifact.model)
    if target not in RUNNABLE:
        return
    for artifact in steps:
        session_of(artifact.model)
    random_rows = np.random.default_rng(seed)
    shape = (6, 16)
    rows = {name: random_rows.standard_normal(shape).astype(np.float32) for name in ("x", "target")}
    loss, expected = TorchStep(net, net.plan(), weights, rows, lr=0.0).gradients()
    given: dict[str, Any] = {**weights, **rows, "seed": np.array(0), "step": np.array(0)}
    came = run(found[0].model, given)
    assert came["loss"] == pytest.approx(loss, rel=1e-5)
    for parameter, gradient in expected.items():
        off = np.linalg.norm(came[f"gradient.{parameter}"] - gradient)
        assert off <= 1e-4 * max(np.linalg.norm(gradient), 0.01), parameter
    answers = run(found[1].model, given)
    assert answers.keys() == {*names}
    assert all(np.array_equal(answers[name], answers["out1"]) for name in names)


def run(model: bytes, given: dict[str, Any]) -> dict[str, Any]:
    session = session_of(model, without=("Pad_Fusion",))
    names = [port.name for port in session.get_outputs()]
    return dict(
        zip(names, session.run(None, {port.name: given[port.name] for port in session.get_inputs()}), strict=True)
    )
