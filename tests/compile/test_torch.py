"""Five training steps of the lecture's networks against PyTorch, from equal weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netc.compiler.build import compile_training
from netc.compiler.initialize import initial_weights
from netc.compiler.load import load
from netc.compiler.optimizers.base import optimizer

from .networks import CPU_TARGETS, Arrays, session_of

torch = pytest.importorskip("torch")
nn = torch.nn
F = torch.nn.functional
LECTURE = Path(__file__).parents[2] / "examples" / "lecture"
BATCH, STEPS = 8, 5


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
    "dense_functional": dense,
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


def train_ours(file: Path, weights: Arrays, name: str, target: str) -> tuple[list[float], Arrays]:
    word, arguments, _, largest = OPTIMIZERS[name]
    net = load(file)
    plan = replace(net.plan(), optimizer=optimizer.all()[word](**arguments), clip_norm=largest)
    step = compile_training(net, plan, target=target)
    session = session_of(step)
    tensors = dict(weights)
    for port in step.manifest["inputs"]:
        if port["role"] == "state":
            tensors[port["name"]] = np.zeros([int(size) for size in port["shape"]], np.float32)
    names = [port["name"] for port in step.manifest["outputs"]]
    losses = []
    for number, batch in enumerate(batches()):
        scalars = {
            "learning_rate": np.array(arguments["lr"], np.float32),
            "seed": np.array(0),
            "step": np.array(number),
        }
        results = dict(zip(names, session.run(names, {**batch, **scalars, **tensors}), strict=True))
        tensors.update({port["of"]: results[port["name"]] for port in step.manifest["outputs"] if "of" in port})
        losses.append(float(results["loss"]))
    return losses, {key: tensors[key] for key in weights}


def train_torch(model: Any, weights: Arrays, name: str) -> tuple[list[float], Arrays]:
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


def differences(net: str, name: str, seed: int, target: str) -> Iterator[str]:
    """What is not as in PyTorch after five steps from the weights of a seed."""
    file = LECTURE / f"{net}.net"
    weights = initial_weights(load(file), seed)
    ours, new = train_ours(file, weights, name, target)
    theirs, expected = train_torch(NETS[net](), weights, name)
    if ours != pytest.approx(theirs, abs=1e-5, rel=0):
        yield f"losses {ours} and {theirs}"
    for key, start in weights.items():
        move = np.abs(expected[key] - start).max()
        assert move > 0
        far = np.abs(new[key] - expected[key]) > 1e-3 * move
        if far.mean() > 0.001:
            yield f"{key}: {far.sum()} of {far.size} elements differ"


@pytest.mark.parametrize("target", CPU_TARGETS)
@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("net", NETS)
def test_five_steps_are_those_of_pytorch(net: str, name: str, target: str) -> None:
    """From some of five starts. Rounding may decide which of two almost equal values a pooling window passes on, and
    Adam makes steps of full size from what follows; then neither side is near the result in double precision."""
    found = []
    for seed in range(1, 6):
        wrong = list(differences(net, name, seed, target))
        if not wrong:
            return
        found.append(f"seed {seed}: {wrong}")
    pytest.fail("\n".join(found))
