"""Shifted images."""

from __future__ import annotations

from netc.compiler.augmentations.base import Augmentation, augmentation
from netc.compiler.declare.arguments import Integer, argument


@augmentation("crop")
class Crop(Augmentation):
    """Pads training images with zeros and cuts a random piece of the old size out."""

    padding: int = argument(Integer(1), "zeros at each side, in pixels")
