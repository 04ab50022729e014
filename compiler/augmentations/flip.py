"""Mirrored images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netc.compiler.augmentations.base import Augmentation, augmentation
from netc.compiler.declare.also import Also
from netc.compiler.declare.arguments import Word, argument
from netc.compiler.declare.samples import Drawn, Wrong

if TYPE_CHECKING:
    import numpy as np

    from netc.compiler.augmentations.base import Array

AXES = {"horizontal": (-1,), "vertical": (-2,), "both": (-1, -2)}


@augmentation("flip")
class Flip(Augmentation):
    """Mirrors training images, each with probability 1/2: left to right, top to bottom, or both by two draws."""

    also = (
        "hflip",
        "horizontal_flip",
        "mirror",
        "RandomHorizontalFlip(-p=0.5)",
        "random_flip",
        Also("RandomVerticalFlip", note="write `flip(vertical)`"),
        Also("vertical_flip", note="write `flip(vertical)`"),
        Also("RandomFlip", note="Keras mirrors both ways unless asked: `flip(both)`"),
    )

    direction: str = argument(Word(tuple(AXES)), "which way", default="horizontal")

    samples = (
        Drawn("flip", "2x5x6", mean=0.5, std=0.5, low=0, high=1),
        Drawn("flip(vertical)", "1x4x5", mean=0.5, std=0.5, low=0, high=1),
        Drawn("flip(direction=both)", "2x3x4", mean=0.5, std=0.5, low=0, high=1),
    )
    errors = (Wrong("flip(sideways)", code="E201", says="give one of `horizontal`, `vertical`, `both`"),)

    def draw(self, count: int, rng: np.random.Generator) -> Array:
        return rng.random((len(AXES[self.direction]), count)).T < 0.5

    def change(self, maps: Array, drawn: Array) -> Array:
        import numpy as np

        found = maps
        for axis, mirrored in zip(AXES[self.direction], drawn.T, strict=True):
            found = np.where(mirrored[:, None, None, None], np.flip(found, axis), found)
        return found

    def formula(self, numpy: Any, image: Any, drawn: Any) -> Any:
        _, height, width = image.shape
        across = self.direction != "vertical" and drawn[0]
        over = self.direction != "horizontal" and drawn[-1]
        rows = [height - 1 - y if over else y for y in range(height)]
        columns = [width - 1 - x if across else x for x in range(width)]
        return image[:, rows][:, :, columns]
