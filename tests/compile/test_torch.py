"""Five training steps of the lecture's networks against PyTorch, from equal weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from here import CPU_TARGETS
from onnxruntime import InferenceSession
from sessions import session_of

from netc.compiler.artifact import Artifact
from netc.compiler.build import compile_training
from netc.compiler.load import load
from netc.compiler.optimizers.base import optimizer
from netc.compiler.weights.draw import initial_weights

from .networks import Arrays

torch = pytest.importorskip("torch")
nn = torch.nn
F = torch.nn.functional
LECTURE = Path(__file__).parents[2] / "examples" / "lecture"
BATCH, STEPS = 8, 5
Training = tuple[list[float], Arrays]
"""The losses of the steps, and the weights after them."""


class Functional(nn.Module):  # type: ignore[misc, name-defined]
    """Four convolutions and two poolings, with the first pooling added to the last convolution where `skip`."""

    def __init__(self, skip: bool) -> None:
        super().__init__()
        self.skip = skip
        self.convs = nn.ModuleList([nn.Conv2d(channels, 32, 3, padding=1) for channels in (1, 32, 32, 32)])
        self.hidden = nn.Linear(32 * 7 * 7, 64)
        self.logits = nn.Linear(64, 10)

    def forward(self, x: Any) -> Any:
        a, b, c, d = self.convs
        pooled = F.max_pool2d(F.relu(b(F.relu(a(x)))), 2)
        y = F.relu(d(F.relu(c(pooled))))
        y = F.max_pool2d(y + pooled if self.skip else y, 2)
        return self.logits(F.relu(self.hidden(y.flatten(1))))


def dense() -> Any:
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 10))


def dense_of_two() -> Any:
    hidden = [nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU()]
    return nn.Sequential(nn.Flatten(), *hidden, nn.Linear(64, 10))


def cnn() -> Any:
    pool = nn.MaxPool2d(2)
    convolutions = [nn.Conv2d(1, 32, 3), nn.ReLU(), pool, nn.Conv2d(32, 32, 3), nn.ReLU(), pool]
    return nn.Sequential(*convolutions, nn.Flatten(), nn.Linear(800, 64), nn.ReLU(), nn.Linear(64, 10))


def lenet() -> Any:
    pool = nn.MaxPool2d(2)
    convolutions = [nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), pool, nn.Conv2d(6, 16, 5), nn.ReLU(), pool]
    rest = [nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)]
    return nn.Sequential(*convolutions, nn.Flatten(), *rest)


NETS: dict[str, Callable[[], Any]] = {
    "dense": dense,
    "dense_functional": dense_of_two,
    "cnn": cnn,
    "cnn_functional": lambda: Functional(skip=False),
    "residual_cnn": lambda: Functional(skip=True),
    "lenet5": lenet,
}
# word -> our arguments, PyTorch's optimizer, the gradient norm to clip to
OPTIMIZERS: dict[str, tuple[str, dict[str, Any], Callable[[Any], Any], float | None]] = {
    "sgd": (
        "sgd", {"lr": 0.01, "momentum": 0.9}, lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9), None,
    ),
    "adam": ("adam", {"lr": 1e-3}, lambda p: torch.optim.Adam(p, lr=1e-3), None),
    "adamw, clipped": (
        "adamw", {"lr": 1e-3, "weight_decay": 0.1},
        lambda p: torch.optim.AdamW(p, lr=1e-3, weight_decay=0.1), 0.5,
    ),
}  # fmt: skip


def batches() -> Iterator[Arrays]:
    rng = np.random.default_rng(0)
    for _ in range(STEPS):
        image = rng.random((BATCH, 1, 28, 28), np.float32)
        yield {"image": image, "label": rng.integers(0, 10, BATCH)}


@cache
def step_of(net_name: str, name: str, target: str) -> tuple[Artifact, InferenceSession]:
    word, arguments, _, largest = OPTIMIZERS[name]
    net = load(LECTURE / f"{net_name}.net")
    plan = net.plan().with_steps(optimizer=optimizer.all()[word](**arguments), clip_norm=largest)
    step = compile_training(net, plan, target=target)
    return step, session_of(step.model)


def train_ours(net: str, weights: Arrays, name: str, target: str) -> Training:
    step, session = step_of(net, name, target)
    tensors = dict(weights)
    for port in step.manifest["inputs"]:
        if port["role"] == "state":
            tensors[port["name"]] = np.zeros([int(size) for size in port["shape"]], np.float32)
    names = [port["name"] for port in step.manifest["outputs"]]
    losses = []
    for number, batch in enumerate(batches()):
        scalars = {
            "learning_rate": np.array(OPTIMIZERS[name][1]["lr"], np.float32),
            "seed": np.array(0),
            "step": np.array(number),
        }
        results = dict(zip(names, session.run(names, {**batch, **scalars, **tensors}), strict=True))
        tensors.update({port["of"]: results[port["name"]] for port in step.manifest["outputs"] if "of" in port})
        losses.append(float(results["loss"]))
    return losses, {key: tensors[key] for key in weights}


def train_torch(model: Any, weights: Arrays, name: str) -> Training:
    _, _, make, largest = OPTIMIZERS[name]
    torch.set_num_threads(1)
    parameters = dict(zip(weights, model.parameters(), strict=True))
    with torch.no_grad():
        for key, parameter in parameters.items():
            parameter.copy_(torch.from_numpy(weights[key]))
    torch_optimizer = make(model.parameters())
    losses = []
    for batch in batches():
        torch_optimizer.zero_grad()
        loss = F.cross_entropy(model(torch.from_numpy(batch["image"])), torch.from_numpy(batch["label"]))
        loss.backward()
        if largest is not None:
            nn.utils.clip_grad_norm_(model.parameters(), largest)
        torch_optimizer.step()
        losses.append(float(loss.detach()))
    return losses, {key: parameter.detach().numpy() for key, parameter in parameters.items()}


def differences(start: Arrays, found: Training, expected: Training) -> Iterator[str]:
    """Losses more than 1e-5 apart, and weights of which more than 0.1 % are off by 1e-3 of the largest move."""
    if found[0] != pytest.approx(expected[0], abs=1e-5, rel=0):
        yield f"losses {found[0]} and {expected[0]}"
    for key, weight in start.items():
        move = np.abs(expected[1][key] - weight).max()
        assert move > 0
        far = np.abs(found[1][key] - expected[1][key]) > 1e-3 * move
        if far.mean() > 0.001:
            yield f"{key}: {far.sum()} of {far.size} elements differ"


@cache
def start_of(net: str, name: str, seed: int) -> tuple[Arrays, Training] | None:
    """Weights, and what PyTorch makes of them; None where it makes something else of weights moved by a millionth."""
    start = initial_weights(load(LECTURE / f"{net}.net"), seed)
    expected = train_torch(NETS[net](), start, name)
    for draw in range(3):
        rng = np.random.default_rng(draw)
        moved = {k: (w * (1 + 1e-6 * rng.uniform(-1, 1, w.shape))).astype(np.float32) for k, w in start.items()}
        if any(differences(start, train_torch(NETS[net](), moved, name), expected)):
            return None
    return start, expected


@pytest.mark.quick(1)
@pytest.mark.parametrize("target", CPU_TARGETS)
@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("net", NETS)
def test_five_steps_are_those_of_pytorch(net: str, name: str, target: str) -> None:
    """From four of at most five starts that PyTorch itself is sure of.

    Rounding may decide which of two almost equal values a pooling window passes on, and Adam makes steps of full size
    from what follows. From the deeper networks' starts, two in five lead PyTorch elsewhere when they move by a
    millionth; those say nothing. Of a hundred others we left PyTorch once: that move had missed the tie.
    """
    agreed, found = 0, []
    for seed in range(1, 30):
        start = start_of(net, name, seed)
        if start is None:
            continue
        weights, expected = start
        wrong = list(differences(weights, train_ours(net, weights, name, target), expected))
        agreed += not wrong
        found += [f"seed {seed}: {wrong}"] if wrong else []
        if agreed == 4:
            return
        if len(found) == 2:
            break
    pytest.fail("\n".join(found) or "too few starts")
