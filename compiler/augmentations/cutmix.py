"""A part of one image in another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netc.compiler.augmentations.base import Mixing, augmentation
from netc.compiler.declare.arguments import Real, argument
from netc.compiler.declare.samples import Drawn, Wrong

if TYPE_CHECKING:
    import numpy as np

    from netc.compiler.augmentations.base import Array


@augmentation("cutmix")
class Cutmix(Mixing):
    """Puts a rectangle of another image of the batch into each training image (Yun et al. 2019, arXiv:1905.04899).

    The rectangle has 1 - s of the area, s drawn from Beta(alpha, alpha), and its centre anywhere; one is drawn for each
    batch. What lies outside is lost, and s becomes the share of the image that is left. The loss is mixed as with
    `mixup`; answers that are maps of the image's size get the rectangle too, and count in full.
    """

    also = ("CutMix(alpha)", "RandomCutmix(-num_classes, alpha)")
    cuts = True

    alpha: float = argument(Real(0, open_low=True), "both arguments of the beta distribution", default=1.0)

    samples = (
        Drawn("cutmix", "2x5x6", mean=0.5, std=0.288675, low=0, high=1),
        Drawn("cutmix(alpha=0.5)", "1x7x4", mean=0.5, std=0.311805, low=0, high=1),
    )
    errors = (Wrong("cutmix(0)", code="E224", says="a number above 0, found 0"),)

    def draw(self, count: int, rng: np.random.Generator) -> Array:
        """The share, and how far down and right the centre lies."""
        import numpy as np

        return np.concatenate([rng.beta(self.alpha, self.alpha, (count, 1)), rng.random((count, 2))], axis=1)

    def change(self, maps: Array, drawn: Array) -> Array:

        (top, bottom), (left, right) = _box(drawn, maps.shape[2], maps.shape[3])
        found = maps.copy()
        found[:, :, top:bottom, left:right] = maps[::-1, :, top:bottom, left:right]
        return found

    def share(self, drawn: Array, height: int, width: int) -> float:
        (top, bottom), (left, right) = _box(drawn, height, width)
        return 1 - (bottom - top) * (right - left) / (height * width)

    def formula(self, numpy: Any, image: Any, drawn: Any, other: Any = None) -> Any:
        (share, down, right), found = map(float, drawn), image.copy()
        for y, x in numpy.ndindex(image.shape[1:]):
            sides = [(y, down, image.shape[1]), (x, right, image.shape[2])]
            halves = [round((1 - share) ** 0.5 * size) / 2 for _, _, size in sides]
            first = [int(numpy.floor(int(at * size) - half)) for (_, at, size), half in zip(sides, halves, strict=True)]
            if all(
                begin <= place < begin + 2 * half
                for (place, _, _), half, begin in zip(sides, halves, first, strict=True)
            ):
                found[:, y, x] = other[:, y, x]
        return found


def _box(drawn: Array, height: int, width: int) -> list[tuple[int, int]]:
    """From where to where the rectangle goes along both axes."""
    share, *centre = map(float, drawn[0])
    found = []
    for size, at in zip((height, width), centre, strict=True):
        long = round((1 - share) ** 0.5 * size)
        begin = int(at * size) - (long + 1) // 2
        found.append((max(begin, 0), min(begin + long, size)))
    return found
