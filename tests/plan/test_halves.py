"""A training step cut into its halves: a backward pass, then an update, give the bits of the fused step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from here import CPU_TARGETS
from tiers import but_for

import netc
from netc.compiler import (
    Artifact,
    Options,
    TrainPlan,
    compile_backward,
    compile_training,
    compile_update,
    initial_weights as draw,
)
from netc.compiler.net import Net
from netc.compiler.optimizers.base import optimizer
from netc.runtime.devices.device import CPU
from netc.runtime.sessions.session import Session

EXAMPLES = Path(__file__).parents[2] / "examples/lecture"
Arrays = dict[str, np.ndarray[Any, Any]]
BATCH = 4

OPTIMIZERS: dict[str, dict[str, Any]] = {
    "sgd": {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 1e-3},
    "adam": {"lr": 0.01},
    "adamw": {"lr": 0.01},
}


CASES = list(product(["digits", "residual_cnn"], OPTIMIZERS))


def changed(net: Net, word: str = "sgd", **step: Any) -> TrainPlan:
    return replace(net.plan().with_steps(optimizer=optimizer.all()[word](**OPTIMIZERS[word]), **step), batch=BATCH)


def rows(net: Net, seed: int = 0) -> Arrays:
    rng = np.random.default_rng(seed)
    (image,) = net.inputs
    return {
        image.name: rng.standard_normal((BATCH, *image.shape[1:])).astype(np.float32),  # type: ignore[arg-type]
        "label": rng.integers(0, 10, BATCH),
    }


def start(net: Net, artifact: Artifact) -> Arrays:
    tensors = dict(draw(net, seed=3))
    for port in artifact.manifest["inputs"]:
        if port["role"] == "state":
            sizes = [int(size) for size in port["shape"]]
            tensors[port["name"]] = np.full(sizes, port.get("initial", 0), port["dtype"])
    return tensors


def fused(net: Net, plan: TrainPlan, **how: Any) -> tuple[Arrays, Callable[[Arrays, Arrays], Arrays]]:
    artifact = compile_training(net, plan, batch=BATCH, **how)
    session = Session(artifact, CPU)
    return start(net, artifact), lambda tensors, given: session.run({**tensors, **given})


def cut(net: Net, plan: TrainPlan, **how: Any) -> Callable[[Arrays, Arrays], Arrays]:
    back, update = (Session(made(net, plan, batch=BATCH, **how), CPU) for made in (compile_backward, compile_update))

    def run(tensors: Arrays, given: Arrays) -> Arrays:
        first = back.run({**tensors, **given})
        results = first | update.run({**tensors, **given, **first})
        return {name: value for name, value in results.items() if not name.startswith("gradient.")}

    return run


def compare(net: Net, plan: TrainPlan, **how: Any) -> None:
    """Three steps of each, from the same start: every output of every step is the same to the bit."""
    tensors, whole = fused(net, plan, **how)
    halves = cut(net, plan, **how)
    for step in range(3):
        numbers = {"learning_rate": np.array(0.05, np.float32), "seed": np.array(7), "step": np.array(step)}
        given = {**rows(net, step), **numbers}
        one, other = whole(tensors, given), halves(tensors, given)
        assert one.keys() == other.keys()
        for name, value in one.items():
            assert np.array_equal(value, other[name]), name
        tensors = {name: one.get(f"{name}.next", value) for name, value in tensors.items()}


@pytest.mark.quick(1)
@pytest.mark.parametrize("target", CPU_TARGETS)
@pytest.mark.parametrize("case", but_for(CASES, [("residual_cnn", word) for word in ("sgd", "adamw")]), ids="-".join)
def test_halves_give_the_bits_of_the_whole(case: tuple[str, str], target: str) -> None:
    name, word = case
    net = netc.load(EXAMPLES / f"{name}.net")
    compare(net, changed(net, word), target=target)


@pytest.mark.parametrize("target", CPU_TARGETS)
def test_where_the_whole_adds_a_gradient_to_its_momentum_at_once(target: str, tmp_path: Path) -> None:
    """`accumulated_products` writes such a product with its sum as one operator in the fused step alone."""
    file = tmp_path / "wide.net"
    file.write_text(
        "net Wide { input image: 1x32x32; flatten; dense(1100, act=relu); logits = dense(10) }\n"
        "train Wide { loss = cross_entropy(logits, label) }"
    )
    net = netc.load(file)
    compare(net, net.plan().with_steps(optimizer=optimizer.all()["sgd"](lr=0.1, momentum=0.9)), target=target)


def test_with_clipping() -> None:
    net = netc.load(EXAMPLES / "digits.net")
    compare(net, changed(net, clip_norm=0.1))


@pytest.mark.quick(1)
@pytest.mark.parametrize("memory", ["normal", "low"])
def test_with_little_memory(memory: Any) -> None:
    net = netc.load(EXAMPLES / "digits.net")
    compare(net, changed(net), options=Options(memory=memory))


def test_under_a_loss_scale() -> None:
    net = netc.load(EXAMPLES / "dense.net")
    compare(net, changed(net, "adam"), options=Options(precision="mixed"))


def test_under_a_loss_scale_a_bad_step_changes_nothing_in_either() -> None:
    net = netc.load(EXAMPLES / "dense.net")
    plan = changed(net, "adam")
    how: dict[str, Any] = {"options": Options(precision="mixed")}
    tensors, whole = fused(net, plan, **how)
    numbers = {"learning_rate": np.array(0.05, np.float32), "seed": np.array(7), "step": np.array(0)}
    given = {**rows(net), **numbers}
    given[net.inputs[0].name] = given[net.inputs[0].name] * np.float32(1e37)
    one, other = whole(tensors, given), cut(net, plan, **how)(tensors, given)
    for name, value in one.items():
        assert np.array_equal(value, other[name], equal_nan=True), name
    kept = [parameter.name for parameter in net.parameters if parameter.trainable]
    assert all(np.array_equal(other[f"{name}.next"], tensors[name]) for name in kept)
    assert other["loss_scale.next"] == tensors["loss_scale"] / 2


def test_manifests_of_the_halves() -> None:
    net = netc.load(EXAMPLES / "digits.net")
    back, update = compile_backward(net).manifest, compile_update(net).manifest
    assert (back["kind"], update["kind"]) == ("backward", "update")
    slopes = {port["name"]: port for port in back["outputs"] if port["role"] == "gradient"}
    taken = {port["name"]: port for port in update["inputs"] if port["role"] == "gradient"}
    assert slopes.keys() == taken.keys() == {f"gradient.{item.name}" for item in net.parameters}
    assert all(taken[name]["of"] == slopes[name]["of"] == name.removeprefix("gradient.") for name in slopes)
    assert {port["role"] for port in update["inputs"]} == {"hyper", "step", "param", "gradient", "state"}
    assert {port["role"] for port in back["inputs"]} == {"data", "target", "seed", "step", "param"}
    assert back["settings"] == update["settings"] == compile_training(net).manifest["settings"]
