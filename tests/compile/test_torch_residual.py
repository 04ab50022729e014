"""One training step of CIFAR's ResNet-20 against PyTorch in double precision: strides, shortcuts, batch norm."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from here import CPU_TARGETS

from netc.compiler.build import compile_gradients, compile_inference, compile_training
from netc.compiler.load import load
from netc.compiler.weights.draw import initial_weights

from .networks import Arrays, batch_of, first_feeds, run

torch = pytest.importorskip("torch")
nn = torch.nn
F = torch.nn.functional
ZOO = Path(__file__).parents[2] / "examples" / "zoo"


class Unit(nn.Module):  # type: ignore[misc, name-defined]
    """Convolution and batch norm."""

    def __init__(self, before: int, after: int, kernel: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(before, after, kernel, stride, kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(after)

    def forward(self, x: Any) -> Any:
        return self.norm(self.conv(x))


class Basic(nn.Module):  # type: ignore[misc, name-defined]
    """Two units and a shortcut; parameters in the order of the text."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        same = before == after and stride == 1
        self.shortcut = nn.Identity() if same else Unit(before, after, 1, stride)
        self.first = Unit(before, after, 3, stride)
        self.second = Unit(after, after, 3)

    def forward(self, x: Any) -> Any:
        return F.relu(self.shortcut(x) + self.second(F.relu(self.first(x))))


def resnet20() -> Any:
    widths = [16, 16, 16, 16, 32, 32, 32, 64, 64, 64]
    blocks = [Basic(before, after, 1 + (before != after)) for before, after in pairwise(widths)]
    body = nn.Sequential(Unit(3, 16, 3), nn.ReLU(), *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return nn.Sequential(*body, nn.Linear(64, 10)).double()


def prepared(weights: Arrays) -> tuple[Any, dict[str, Any]]:
    """The model with these weights, and its parameters by our names."""
    model = resnet20()
    trained = [name for name in weights if "running" not in name]
    parameters = dict(zip(trained, model.parameters(), strict=True))
    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(torch.from_numpy(weights[name]))
    return model, parameters


@pytest.mark.quick(1)
@pytest.mark.parametrize("target", CPU_TARGETS)
def test_gradients_statistics_and_answers(target: str) -> None:
    net = load(ZOO / "resnet_cifar.net")
    weights = initial_weights(net, 1)
    batch = batch_of(net, 4, classes=10, seed=1)
    model, parameters = prepared(weights)
    image = torch.from_numpy(batch["image"]).double()
    loss = F.cross_entropy(model(image), torch.from_numpy(batch["label"]))
    loss.backward()
    slope, step = compile_gradients(net, target=target), compile_training(net, target=target)
    slopes, new = (run(artifact, first_feeds(artifact, weights, batch)) for artifact in (slope, step))
    assert slopes["loss"] == pytest.approx(float(loss.detach()), abs=1e-5)
    for name, parameter in parameters.items():
        expected = parameter.grad.numpy()
        # Of a million activations some lie within rounding of zero, where ReLU's slope jumps.
        assert np.linalg.norm(slopes[f"gradient.{name}"] - expected) <= 5e-3 * np.linalg.norm(expected), name

    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    means = [name for name in weights if name.endswith("running_mean")]
    assert len(norms) == len(means)
    pixels = dict(zip((16, 32, 64), (1024, 256, 64), strict=True))
    for norm, name in zip(norms, means, strict=True):
        np.testing.assert_allclose(new[f"{name}.next"], norm.running_mean, rtol=1e-4, atol=1e-5, err_msg=name)
        count = 4 * pixels[norm.num_features]
        population = 0.9 + (norm.running_var.numpy() - 0.9) * (count - 1) / count
        variance = name.replace("mean", "var")
        np.testing.assert_allclose(new[f"{variance}.next"], population, rtol=1e-4, err_msg=variance)

    statistics = {
        key: value.numpy().astype(np.float32)
        for norm, name in zip(norms, means, strict=True)
        for key, value in ((name, norm.running_mean), (name.replace("mean", "var"), norm.running_var))
    }
    answers = run(compile_inference(net, {**weights, **statistics}, target=target), batch)["logits"]
    np.testing.assert_allclose(answers, model.eval()(image).detach().numpy(), rtol=1e-3, atol=1e-4)
