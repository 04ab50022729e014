"""Mirrored images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netc.compiler.augmentations.base import Augmentation, augmentation
from netc.compiler.declare.samples import Drawn

if TYPE_CHECKING:
    import numpy as np

    from netc.compiler.augmentations.base import Array


@augmentation("flip")
class Flip(Augmentation):
    """Mirrors training images left to right, each example with probability 1/2."""

    also = ("hflip", "horizontal_flip", "mirror", "RandomHorizontalFlip(-p)", "random_flip")

    samples = (Drawn("flip", "2x5x6", mean=0.5, std=0.5, low=0, high=1),)

    def draw(self, count: int, rng: np.random.Generator) -> Array:
        return rng.random(count) < 0.5

    def change(self, maps: Array, drawn: Array) -> Array:
        import numpy as np

        return np.where(drawn[:, None, None, None], maps[..., ::-1], maps)

    def formula(self, numpy: Any, image: Any, drawn: Any) -> Any:
        return image[:, :, [-1 - x if drawn else x for x in range(image.shape[2])]]
