"""PyTorch's twins of the newer families: as many weights, and the same loss and gradients from equal weights.

The reference is PyTorch in float64. Ours may be 1e-3 from it, or three times as far as PyTorch's own float32. Seen, for
the small ones: 1e-6 to 3e-6 in all but MobileNet-v2, where PyTorch's float32 is 4.2e-2 off and ours 5e-3 (std, cpu) and
4.2e-2 (fast); which layer it comes from was not isolated, but its last maps have 16 values a channel to normalize, and
its clipped ReLUs may decide otherwise than float64 does. So do those of the DenseNet that is measured, by luck in some
draws and not in others: over four PyTorch's float32 is up to 4.5e-2 off, ours 2e-3 to 3.3e-2 (std) and 3e-4 to 2.2e-2
(fast).
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import netc
from bench import ours
from bench.nets import NETS, Measured
from netc.compiler import batch_ports, compile_gradients
from netc.runtime.devices.device import CPU
from netc.runtime.sessions.session import Session

torch = pytest.importorskip("torch")

BOUND = 1e-3
VANISHING = 1e-12
"""Of the largest gradient: what rounding in float64 leaves of none."""
FAMILIES = NETS[8:]
SMALL: dict[str, dict[str, Any]] = {
    "LSTM 28x64": {"hidden": 16},
    "GPT 4x256": {"depth": 1, "width": 32, "vocab": 64, "context": 16},
    "MobileNet-v2 96": {"size": 64, "drop": 0.0, "classes": 10},
    "U-Net 128": {"width": 8, "depth": 2, "size": 16},
    "DenseNet-BC 100-12": {"depth": 16, "growth": 8},
    "ConvNeXt 96": {"depths": [1, 1, 1, 1], "widths": [16, 16, 32, 32], "drop": 0.0, "size": 64, "classes": 10},
    "ViT-tiny 224": {"depth": 1, "width": 32, "heads": 2, "hidden": 64, "size": 64, "drop": 0.0, "classes": 10},
}


def small(measured: Measured) -> Measured:
    settings = SMALL[measured.name]
    size = settings.get("size")
    shape = (3, size, size) if size else measured.input_shape
    if measured.vocabulary:
        return replace(measured, settings=settings, input_shape=(16,), places=(16,), vocabulary=64, classes=64)
    places = shape[1:] if measured.places else ()
    classes = settings.get("classes", measured.classes)
    return replace(measured, settings=settings, input_shape=shape, places=places, classes=classes)


Result = tuple[float, list[np.ndarray]]


def of_torch(measured: Measured, module: Any, rows: tuple[np.ndarray, np.ndarray], dtype: Any) -> Result:
    from bench import theirs

    module = module.to(dtype).train()
    x, label = map(torch.from_numpy, rows)
    loss = theirs.loss_of(measured, module(x.to(dtype) if x.is_floating_point() else x), label)
    module.zero_grad()
    loss.backward()
    return loss.item(), [parameter.grad.numpy().astype(np.float64) for parameter in module.parameters()]


def of_netc(measured: Measured, weights: list[np.ndarray], rows: tuple[np.ndarray, np.ndarray], target: str) -> Result:
    net = ours.load(measured)
    model = netc.Model(net, "cpu", target="std")
    ours.start_from(model, weights)
    session = Session(compile_gradients(net, batch=len(rows[0]), target=target), CPU, threads=2)
    given = {port["name"]: array for port, array in zip(batch_ports(net), rows, strict=True)}
    found = session.run({**given, **model.state_dict(), "seed": np.array(0), "step": np.array(0)})
    names = [item.name for item in net.parameters if not item.buffer]
    return float(found["loss"]), [found[f"gradient.{name}"] for name in names]


def apart(found: Result, exact: Result) -> float:
    """The largest distance of the loss or a gradient, in parts of it.

    A bias that the next batch normalization takes away again has no gradient, which is 1e-15 in float64 and 1e-8 in
    float32: such ones are compared with a hundredth of the largest gradient.
    """
    sizes = [float(np.linalg.norm(theirs)) for theirs in exact[1]]
    gradients = [
        float(np.linalg.norm(mine - theirs)) / (size if size > VANISHING * max(sizes) else 0.01 * max(sizes))
        for mine, theirs, size in zip(found[1], exact[1], sizes, strict=True)
    ]
    return max(abs(found[0] - exact[0]) / exact[0], *gradients)


def compare(measured: Measured, batch: int, draws: int = 1) -> None:
    net = ours.load(measured)
    single, errors = [], {target: [] for target in ours.targets()}
    for seed in range(draws):
        torch.manual_seed(seed)
        module = measured.torch_module()
        mine = [item.value.shape for item in net.parameters if not item.buffer]
        assert mine == [tuple(parameter.shape) for parameter in module.parameters()]
        weights = [parameter.detach().numpy().copy() for parameter in module.parameters()]
        rows = measured.rows(batch, seed)
        found = of_torch(measured, module, rows, torch.float32)
        exact = of_torch(measured, module, rows, torch.float64)
        single.append(apart(found, exact))
        for target, seen in errors.items():
            seen.append(apart(of_netc(measured, weights, rows, target), exact))
    print(f"{measured.name}: float32 of PyTorch {max(single):.1e}, ours {errors}")
    worst = max(map(max, errors.values()))
    assert worst <= max(BOUND, 3 * max(single)), f"{errors}, PyTorch's float32 {max(single):.1e}"


@pytest.mark.slow
@pytest.mark.parametrize(
    "measured",
    [pytest.param(net, marks=[pytest.mark.slow] * net.name.startswith("MobileNet"), id=net.name) for net in FAMILIES],
)
def test_a_small_one_has_the_same_loss_and_gradients(measured: Measured) -> None:
    compare(small(measured), 4)


@pytest.mark.slow
@pytest.mark.parametrize("measured", FAMILIES, ids=lambda net: net.name)
def test_the_one_that_is_measured_has_the_same_loss_and_gradients(measured: Measured) -> None:
    compare(measured, 4, draws=4 if measured.name.startswith("DenseNet") else 1)


@pytest.mark.quick(4)
@pytest.mark.parametrize("measured", FAMILIES, ids=lambda net: net.name)
def test_it_has_the_same_weights_in_the_same_order(measured: Measured) -> None:
    with torch.device("meta"):
        module = measured.torch_module()
    found = [tuple(parameter.shape) for parameter in module.parameters()]
    assert [item.value.shape for item in ours.load(measured).parameters if not item.buffer] == found
    counts = {
        "LSTM 28x64": 4 * 128 * (64 + 128 + 2) + 10 * 129,
        "GPT 4x256": 256 * 256 + 128 * 256 + 4 * (12 * 256**2 + 13 * 256) + 2 * 256,
        "MobileNet-v2 96": 3_504_872,  # torchvision's
        "ViT-tiny 224": 5_717_416,  # Touvron et al. 2020, DeiT-Ti, which counts 5.7 million
    }
    assert counts.get(measured.name) in (None, sum(map(math.prod, found)))
