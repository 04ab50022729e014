"""The networks that are measured: our text, PyTorch's module, the input and the batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

EXAMPLES = Path(__file__).parent.parent / "examples"
FAMILIES = Path(__file__).parent / "families"

RATE = 1e-4
"""Of every optimizer: small, so that training on one batch again and again stays where real training is."""


@dataclass(frozen=True)
class Measured:
    """One row of a table.

    path         of our text
    twin         PyTorch's module: `module:function` of bench/, called with the settings
    input_shape  without the batch: `[C, H, W]` of a picture
    classes      of each place that is classified
    settings     of the net
    places       the shape of an example's labels: nothing where a whole example has one
    vocabulary   how many words there are, where the input is whole numbers and no picture
    smoothing    of the labels
    """

    name: str
    path: Path
    twin: str
    input_shape: tuple[int, ...]
    classes: int
    batch: int
    settings: dict[str, Any] = field(default_factory=dict)
    places: tuple[int, ...] = ()
    vocabulary: int | None = None
    smoothing: float = 0.0

    def torch_module(self) -> Any:
        module, _, function = self.twin.partition(":")
        make: Callable[..., Any] = getattr(import_module(f"bench.{module}"), function)
        return make(**self.settings)

    def rows(self, batch: int, seed: int = 0) -> tuple[NDArray[Any], NDArray[Any]]:
        """Random inputs and labels, the same for every contender."""
        generator = np.random.default_rng(seed)
        shape = (batch, *self.input_shape)
        given = (
            generator.standard_normal(shape, np.float32)
            if self.vocabulary is None
            else generator.integers(0, self.vocabulary, shape)
        )
        return given, generator.integers(0, self.classes, (batch, *self.places))

    @property
    def forms(self) -> tuple[str, ...]:
        """PyTorch's layouts that are tried: only maps can have their channels last."""
        return ("eager", "channels_last") if len(self.input_shape) == 3 else ("eager",)


LECTURE, ZOO = EXAMPLES / "lecture", EXAMPLES / "zoo"
DIGITS, CIFAR, IMAGENET = (1, 28, 28), (3, 32, 32), (3, 224, 224)

NETS = (
    Measured("MLP 784-512-10", LECTURE / "dense.net", "torch_nets:dense", DIGITS, 10, 128),
    Measured("lecture CNN", LECTURE / "cnn.net", "torch_nets:cnn", DIGITS, 10, 128),
    Measured("lecture residual CNN", LECTURE / "residual_cnn.net", "torch_nets:ResidualCnn", DIGITS, 10, 128),
    Measured("LeNet-5", LECTURE / "lenet5.net", "torch_nets:lenet5", DIGITS, 10, 128),
    Measured("CIFAR ResNet-20", ZOO / "resnet_cifar.net", "torch_nets:resnet_cifar", CIFAR, 10, 128),
    Measured("AlexNet 224", ZOO / "alexnet.net", "torch_nets:alexnet", IMAGENET, 1000, 32),
    Measured("VGG-16 224", ZOO / "vgg.net", "torch_nets:vgg16", IMAGENET, 1000, 8),
    Measured("ResNet-50 224", ZOO / "resnet.net", "torch_nets:resnet50", IMAGENET, 1000, 8),
    Measured("LSTM 28x64", FAMILIES / "lstm.net", "torch_families:Lstm", (28, 64), 10, 64),
    Measured(
        "GPT 4x256", FAMILIES / "gpt.net", "torch_families:Gpt", (128,), 256, 16, places=(128,), vocabulary=256
    ),
    Measured(
        "MobileNet-v2 96", ZOO / "mobilenet_v2.net", "torch_families:mobilenet_v2", (3, 96, 96), 1000, 32,
        {"size": 96, "drop": 0.0},
    ),
    Measured(
        "U-Net 128", FAMILIES / "unet.net", "torch_families:UNet", (3, 128, 128), 2, 8, places=(128, 128)
    ),
    Measured("DenseNet-BC 100-12", ZOO / "densenet_cifar.net", "torch_families:densenet", CIFAR, 10, 64),
    Measured(
        "ConvNeXt 96", ZOO / "convnext.net", "torch_families:convnext", (3, 96, 96), 1000, 32,
        {"depths": [2, 2, 6, 2], "widths": [48, 96, 192, 384], "drop": 0.0, "size": 96}, smoothing=0.1,
    ),
    Measured(
        "ViT-tiny 224", ZOO / "vit.net", "torch_families:Vit", IMAGENET, 1000, 8,
        {"width": 192, "heads": 3, "hidden": 768, "drop": 0.0},
    ),
)  # fmt: skip
QUICK = NETS[:5]
FIRST = NETS[:8]
"""Those that have goals of their own."""
DEEP = (
    Measured(
        "CIFAR ResNet-110", ZOO / "resnet_cifar.net", "torch_nets:resnet_cifar", CIFAR, 10, 128, {"depth": 110}
    ),
    Measured("pre-activation ResNet-1001", ZOO / "resnet_preact.net", "", CIFAR, 10, 8),
)  # fmt: skip
"""Measured for compile and load alone."""


def by_name(name: str) -> Measured:
    return next(net for net in (*NETS, *DEEP) if net.name == name)
