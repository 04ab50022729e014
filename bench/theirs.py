"""PyTorch's side of a comparison: the same loss, optimizer and batch, as its users write a step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from bench.nets import RATE, Measured


def step(
    measured: Measured,
    module: nn.Module,
    rows: tuple[np.ndarray, np.ndarray],
    *,
    optimizer: str = "sgd",
    channels_last: bool = False,
    device: str = "cpu",
) -> Callable[[], float]:
    """One training step, returning the loss of before the update."""
    module = module.train().to(device)
    x, y = (torch.from_numpy(array).to(device) for array in rows)
    if channels_last:
        module = module.to(memory_format=torch.channels_last)
        x = x.contiguous(memory_format=torch.channels_last)
    made: Any = {
        "sgd": lambda: torch.optim.SGD(module.parameters(), lr=RATE, momentum=0.9),
        "adam": lambda: torch.optim.Adam(module.parameters(), lr=RATE),
        "adamw": lambda: torch.optim.AdamW(module.parameters(), lr=RATE),
    }[optimizer]()

    def run() -> float:
        made.zero_grad(set_to_none=True)
        loss = loss_of(measured, module(x), y)
        loss.backward()
        made.step()
        return loss.item()

    return run


def loss_of(measured: Measured, scores: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
    """The mean cross entropy; the scores of a sequence have their classes last."""
    if scores.dim() == 3:
        scores, label = scores.flatten(0, 1), label.flatten()
    return nn.functional.cross_entropy(scores, label, label_smoothing=measured.smoothing)


def forward(module: nn.Module, image: np.ndarray, *, channels_last: bool = False) -> Callable[[], torch.Tensor]:
    """Inference on one batch."""
    x = torch.from_numpy(image)
    if channels_last:
        module = module.to(memory_format=torch.channels_last)
        x = x.contiguous(memory_format=torch.channels_last)

    def run() -> torch.Tensor:
        with torch.inference_mode():
            return module(x)

    return run


def start_from(module: nn.Module, weights: Sequence[np.ndarray]) -> None:
    """Give a module weights in its order."""
    with torch.no_grad():
        for parameter, array in zip(module.parameters(), weights, strict=True):
            parameter.copy_(torch.from_numpy(array))


def export(module: nn.Module, image: np.ndarray, path: str) -> str:
    """Write the module as ONNX with PyTorch's own exporter; returns which of its two it was."""
    import importlib.util
    import warnings

    dynamo = importlib.util.find_spec("onnxscript") is not None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(module.eval(), (torch.from_numpy(image),), path, dynamo=dynamo)
    return "dynamo" if dynamo else "TorchScript"
