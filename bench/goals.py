"""What a training step is to reach: our time over the better of PyTorch eager and channels_last."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Goal:
    """Ratios: what the first prototype had, what is to be reached, what would be better still."""

    prototype: float | None
    reach: float
    stretch: float | None


GOALS = {
    "MLP 784-512-10": Goal(0.83, 0.80, 0.70),
    "lecture CNN": Goal(0.66, 0.55, 0.45),
    "lecture residual CNN": Goal(None, 0.80, 0.65),
    "LeNet-5": Goal(1.09, 0.90, 0.75),
    "CIFAR ResNet-20": Goal(1.07, 0.95, 0.85),
    "AlexNet 224": Goal(1.25, 1.05, 0.95),
    "VGG-16 224": Goal(0.88, 0.80, 0.75),
    "ResNet-50 224": Goal(1.34, 1.05, 0.95),
}
MEAN = Goal(0.99, 0.85, 0.75)
"""Of the geometric mean over all of them."""

FAMILIES = dict.fromkeys(
    ("LSTM 28x64", "GPT 4x256", "MobileNet-v2 96", "U-Net 128", "DenseNet-BC 100-12", "ConvNeXt 96", "ViT-tiny 224"),
    Goal(None, 1.0, None),
)
"""Those of netc[fast] on the newer families."""

FAMILIES_MEAN = Goal(None, 0.8, None)

INFERENCE_EXPORT, INFERENCE_TORCH = 1.0, 0.8
MEMORY = 1.1
CUDA = 1.2
"""Of the best of PyTorch on the same card."""
LOOP = 0.05
"""More than the bare step, for small networks."""
FIRST_STEP = {"ResNet-50 224": 6.0, "CIFAR ResNet-110": 10.0, "pre-activation ResNet-1001": 60.0}
COMPILE = {"ResNet-50 224": 3.0}


def geometric_mean(ratios: Iterable[float]) -> float:
    return statistics.geometric_mean(ratios)


def verdict(ratio: float, goal: Goal) -> str:
    """`stretch`, `reached`, or by how much it is missed."""
    if goal.stretch is not None and ratio <= goal.stretch:
        return "stretch"
    if ratio <= goal.reach:
        return "reached"
    return f"missed by {100 * (ratio / goal.reach - 1):.0f} %"
