"""From pictures with values from 0 to 1 to what a network computes with, and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from netc.runtime.sessions.resident import Array


@dataclass(frozen=True)
class Scale:
    """(picture - mean) / std, for each channel or for all alike."""

    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)

    def to_net(self, pictures: Array) -> Array:
        """[N, C, H, W] from 0 to 1 as the network takes them."""
        return np.asarray((pictures - self._axis(self.mean)) / self._axis(self.std), np.float32)

    def to_picture(self, values: Array) -> Array:
        """[N, C, H, W] of the network's as values from 0 to 1."""
        return np.asarray(values * self._axis(self.std) + self._axis(self.mean), np.float32)

    def slope(self, gradient: Array) -> Array:
        """The gradient for pictures of one for the network's values."""
        return np.asarray(gradient / self._axis(self.std), np.float32)

    @staticmethod
    def _axis(numbers: tuple[float, ...]) -> Array:
        return np.array(numbers, np.float32).reshape(1, -1, 1, 1)


PLAIN = Scale()
IMAGENET = Scale((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""What networks trained by torchvision's and many other recipes take."""
