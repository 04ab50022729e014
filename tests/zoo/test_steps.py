"""Every network of the zoo takes a training step by its own plan, and the step moves every weight that it trains."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import netc
from netc.compiler import TrainPlan
from netc.compiler.load import load
from netc.compiler.net import Net
from netc.compiler.zoo.catalogue import Entry, catalogue

QUICK = {"dqn", "lenet5", "lenet5-modern", "lenet-caffe", "vae"}
"""Steps of less than a second."""
OF_A_FAMILY = {entry.family: entry.name for entry in reversed(catalogue()) if entry.training}
"""The first net of each family."""
SMALLER: dict[str, dict[str, Any]] = {
    "bert": {"depth": 2},
    "captioner": {"vocab": 100, "hidden": 64},
    "convnext": {"drop": 0.0},
    "deeplab": {"size": 64},
    "fcn": {"size": 64},
    "gpt2": {"depth": 2, "context": 16},
    "lraspp": {"size": 64},
    "mixer": {"depth": 2, "size": 64},
    "pose": {"height": 64, "width": 64},
    "seq2seq": {"source": 100, "target": 100, "hidden": 64},
    "swin": {"drop": 0.0},
    "transformer": {"depth": 2, "vocab": 1000},
    "unet": {"width": 8},
    "vit": {"depth": 2, "size": 64},
    "wavenet": {"length": 64},
    "yolo": {"size": 64},
}
"""Settings of a family that keep a step short; what they make less of, all that remains is like.

Without `drop`, stochastic depth could take a branch from all the few examples of a step, and so the gradient from it.
"""
MEANS = [
    "convnext", "densenet", "efficientnet", "efficientnet_lite", "efficientnet_v2", "googlenet", "mnasnet",
    "mobilenet_v1", "mobilenet_v2", "mobilenet_v3", "regnet", "resnet", "resnet_keras", "resnext", "shufflenet_v2",
    "squeezenet", "xception",
]  # fmt: skip
MAPS = dict.fromkeys(MEANS, "3x64x64") | {"video_resnet": "3x4x32x32"}
"""Inputs of families that take the mean over their last map: whatever the size of the map, the weights are the same."""
ROWS, LENGTH = 3, 6
"""How many examples a step has, and how long its sequences are."""
STILL = {
    "resnet_keras": r"unit\d\.conv1\.bias$",  # batch norm takes the mean of what follows it, and so this off again
    "siamese": r"^same\.bias$",
}
"""Weights whose gradient is zero by what the net computes, whatever its numbers are."""


def small(entry: Entry) -> Net:
    """The net, or one of fewer layers, shorter sequences or smaller maps of the same text."""
    text = entry.file.read_text(encoding="utf-8")
    if entry.family in MAPS:
        text, count = re.subn(r"(?m)^  input (\w+): .*$", rf"  input \1: {MAPS[entry.family]}", text)
        assert count == 1
        text = re.sub(r"random_resized_crop\(\w+\)", "random_resized_crop(64)", text)
    return load(str(entry.file), entry.net, {**entry.set, **SMALLER.get(entry.family, {})}, text)


def without_decay(plan: TrainPlan) -> TrainPlan:
    """The plan without what moves weights that have no gradient."""
    kept = [step.optimizer for step in plan.steps]
    made = [type(item)(**{**item.settings(), "weight_decay": 0.0}) if hasattr(item, "weight_decay") else item
            for item in kept]  # fmt: skip
    return replace(
        plan, steps=tuple(replace(step, optimizer=item) for step, item in zip(plan.steps, made, strict=True))
    )


def batch_of(ports: list[dict[str, Any]]) -> dict[str, np.ndarray]:
    """Random examples, with an answer for each: labels among the classes, other numbers from 0 to 1."""
    random = np.random.default_rng(0)
    found = {}
    for port in ports:
        shape = [size if isinstance(size, int) else ROWS if size == "N" else LENGTH for size in port["shape"]]
        if port["dtype"] == "int64":
            count = port.get("classes") or port.get("rows") or 2
            found[port["name"]] = random.integers(1 if port.get("ignored") == 0 else 0, count, shape)
        else:
            found[port["name"]] = random.random(shape, np.float32)
    return found


@pytest.mark.quick(2)
@pytest.mark.parametrize(
    "entry",
    [pytest.param(entry, id=entry.name, marks=() if entry.name in QUICK else pytest.mark.slow)
     for entry in catalogue() if entry.name in {*QUICK, *OF_A_FAMILY.values()}],
)  # fmt: skip
def test_a_step_moves_every_weight(entry: Entry) -> None:
    net = small(entry)
    model = netc.Model(net, device="cpu")
    trainer = netc.Trainer(model, without_decay(net.plan()))
    before = {name: item.copy() for name, item in trainer.checkpoint().items()}
    results = trainer.step(batch_of(trainer.ports))
    assert all(np.isfinite(value) for value in results.values())
    after = trainer.checkpoint()
    followed = {target.name for target, _, _ in netc.compiler.followed(net.parameters, trainer.plan)}
    trained = [item.name for item in net.parameters if item.trainable and item.name not in followed]
    assert trained
    still = [name for name in trained if np.array_equal(after[name], before[name])]
    known = re.compile(STILL.get(entry.family, r"(?!)"))
    assert [name for name in still if not known.search(name)] == []
