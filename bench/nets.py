"""The networks that are measured: our text, PyTorch's module, the input and the batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).parent.parent / "examples"


@dataclass(frozen=True)
class Measured:
    """One row of a table: `file` below examples/, the name of the function in torch_nets, `[C, H, W]`, classes."""

    name: str
    file: str
    torch_name: str
    input_shape: tuple[int, ...]
    classes: int
    batch: int
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        return EXAMPLES / self.file

    def torch_module(self) -> Any:
        from bench import torch_nets

        make: Callable[[], Any] = getattr(torch_nets, self.torch_name)
        return make()


NETS = (
    Measured("MLP 784-512-10", "lecture/dense.net", "dense", (1, 28, 28), 10, 128),
    Measured("lecture CNN", "lecture/cnn.net", "cnn", (1, 28, 28), 10, 128),
    Measured("lecture residual CNN", "lecture/residual_cnn.net", "ResidualCnn", (1, 28, 28), 10, 128),
    Measured("LeNet-5", "lecture/lenet5.net", "lenet5", (1, 28, 28), 10, 128),
    Measured("CIFAR ResNet-20", "zoo/resnet_cifar.net", "resnet_cifar", (3, 32, 32), 10, 128),
    Measured("AlexNet 224", "zoo/alexnet.net", "alexnet", (3, 224, 224), 1000, 32),
    Measured("VGG-16 224", "zoo/vgg.net", "vgg16", (3, 224, 224), 1000, 8),
    Measured("ResNet-50 224", "zoo/resnet.net", "resnet50", (3, 224, 224), 1000, 8),
)
QUICK = NETS[:5]
DEEP = (
    Measured("CIFAR ResNet-110", "zoo/resnet_cifar.net", "resnet_cifar", (3, 32, 32), 10, 128, {"depth": 110}),
    Measured("pre-activation ResNet-1001", "zoo/resnet_preact.net", "", (3, 32, 32), 10, 8),
)
"""Measured for compile and load alone."""


def by_name(name: str) -> Measured:
    return next(net for net in (*NETS, *DEEP) if net.name == name)
