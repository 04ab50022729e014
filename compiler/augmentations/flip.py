"""Mirrored images."""

from __future__ import annotations

from netc.compiler.augmentations.base import Augmentation, augmentation


@augmentation("flip")
class Flip(Augmentation):
    """Mirrors half of the training images left to right."""
