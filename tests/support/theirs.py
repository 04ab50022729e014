"""A net of the zoo as torchvision makes it, with the weights that both get, and whether both answer alike."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Mapping
from functools import reduce
from typing import Any

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode
from vision import models

from netc.compiler.weights.files import COUNTER
from netc.compiler.zoo.catalogue import Entry


def made(entry: Entry, device: str = "cpu") -> torch.nn.Module:
    """Their net in eval mode; on the device `meta` it has shapes and no numbers."""
    assert entry.torchvision is not None
    function = reduce(getattr, entry.torchvision.split("."), models)
    takes = inspect.signature(function).parameters
    nothing = {name: None for name in ("weights", "weights_backbone") if name == "weights" or name in takes}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # how Inception is initialized will change
        try:
            with torch.device(device):
                return function(**nothing, **entry.arguments).eval()
        except NotImplementedError:  # RegNet works its widths out with tensors, which have no numbers on `meta`
            return function(**nothing, **entry.arguments).eval().to(device)


def shapes(module: torch.nn.Module) -> dict[str, tuple[int, ...]]:
    """Their tensors, without PyTorch's counters of batches."""
    return {name: tuple(item.shape) for name, item in module.state_dict().items() if not name.endswith(COUNTER)}


def draw(module: torch.nn.Module, inputs: list[torch.Tensor], seed: int = 0) -> None:
    """Numbers for what their initialization leaves constant: scales, biases, heads of zeros, and running statistics.

    These are of the inputs themselves: otherwise the signal dies away in a deep net, and every image has one answer.
    Biases of batch norm lie about 1, not 0: behind a bias of 0 a ReLU and the next normalization enlarge every
    difference by a fifth or so, and a net of 100 layers the rounding of float32 by a thousand (DeepLab on ResNet-101
    in PyTorch against itself in float64: 1.2e-3 with 0, 1.3e-5 with 1).
    """
    generator = torch.Generator().manual_seed(seed)
    normalizations = [part for part in module.modules() if isinstance(part, torch.nn.modules.batchnorm._BatchNorm)]
    for part in normalizations:
        part.momentum = 1.0
        torch.nn.init.ones_(part.bias)
    for item in module.state_dict().values():
        if item.is_floating_point() and bool((item == item.flatten()[0]).all()):
            item.add_(0.2 * (torch.rand(item.shape, generator=generator) - 0.5))
    module.train()
    with torch.no_grad():
        answers(module, *inputs)
    module.eval()


def multiply_accumulates(module: torch.nn.Module, inputs: Mapping[str, tuple[int, ...]]) -> int:
    """Of convolutions and products, counted by PyTorch, which counts each as two operations."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        answers(module, *(torch.empty(shape, device="meta") for shape in inputs.values()))
    return counter.get_total_flops() // 2


def answers(module: Any, *inputs: torch.Tensor) -> list[torch.Tensor]:
    """What the net gives; of a segmentation the map itself, of a detector what its head says of every box."""
    if hasattr(module, "anchor_generator"):
        said = module.head(list(module.backbone(*inputs).values()))
        return [said["bbox_regression"], said["cls_logits"]]
    answer = module(*inputs)
    if not isinstance(answer, (torch.Tensor, Mapping)):
        answer = answer[0]  # with auxiliary heads, in training
    return [answer["out"] if isinstance(answer, Mapping) else answer]


def same_answers(found: np.ndarray, rounded: np.ndarray, expected: np.ndarray) -> None:
    """Within 1e-5 of the largest answer, or three times what PyTorch's own rounding in float32 comes to.

    Our sums are added in another order, so our rounding is of the size of theirs, and not equal to it.
    """
    largest = np.abs(expected).max()
    assert largest > 0
    assert expected.std(axis=0).max() > 1e-4 * largest, "both images have the same answer"
    bound = max(1e-5 * largest, 3 * np.abs(rounded - expected).max())
    assert bound < 1e-4 * largest, "the net enlarges rounding so much that this says little"
    np.testing.assert_allclose(found, expected, rtol=0, atol=bound)
