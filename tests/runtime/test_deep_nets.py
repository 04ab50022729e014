"""The deepest networks of the zoo train: the loss falls as the gradient of a step says, through a thousand layers."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import netc
from netc.compiler.optimizers.sgd import SGD
from netc.compiler.schedules.constant import Constant
from netc.runtime.training.trainer import Trainer

ZOO = Path(__file__).parents[2] / "examples" / "zoo"
ROWS = 2


@pytest.mark.parametrize(
    ("file", "depth"),
    [
        ("resnet_preact.net", 29),
        pytest.param("resnet_preact.net", 1001, marks=pytest.mark.slow),
        pytest.param("resnet_cifar.net", 1202, marks=pytest.mark.slow),
    ],
)
def test_a_step_goes_where_the_loss_falls(file: str, depth: int) -> None:
    """Half way down and half way up along the gradient g the losses differ by what |g|**2 says.

    Biases of batch norm are 1, not 0: behind a bias of 0 a ReLU and the next normalization enlarge every difference,
    and through 1,001 layers rounding to float32 by so much that a gradient of PyTorch's is off by half of its norm.
    """
    net = netc.load(ZOO / file, depth=depth)
    plan = net.plan().with_steps(optimizer=SGD(lr=1.0), clip_norm=None)  # moves by the gradient itself
    plan = replace(plan, schedule=Constant(), metrics=(), augmentation=(), batch=ROWS)
    trainer = Trainer(netc.Model(net, device="cpu"), plan)
    rng = np.random.default_rng(0)
    rows = {
        "image": rng.standard_normal((ROWS, 3, 32, 32)).astype(np.float32),
        "label": rng.integers(0, 10, ROWS),
    }
    start = {
        name: np.ones_like(values) if re.search(r"batchnorm\d+\.bias$", name) else np.array(values)
        for name, values in trainer.model.state_dict().items()
    }
    trainer.model.load_state_dict(start)
    first = trainer.step(rows)["loss"]
    moved = trainer.model.state_dict()
    gradient = {
        item.name: start[item.name].astype(np.float64) - moved[item.name] for item in net.parameters if item.trainable
    }
    square = sum(float((slope**2).sum()) for slope in gradient.values())
    assert np.isfinite(first)
    assert square > 0

    def loss_at(distance: float) -> float:
        """The loss where all weights lie `distance` times the gradient further."""
        there = {name: values + distance * gradient.get(name, np.float64(0)) for name, values in start.items()}
        trainer.model.load_state_dict({name: values.astype(np.float32) for name, values in there.items()})
        return trainer.step(rows)["loss"]

    difference = 0.01 * first
    distance = difference / (2 * square)
    assert loss_at(distance) - loss_at(-distance) == pytest.approx(difference, rel=0.05)
