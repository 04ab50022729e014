"""Images cut out at a random place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netc.compiler.augmentations.base import Augmentation, augmentation
from netc.compiler.declare.arguments import Integer, argument
from netc.compiler.declare.samples import Drawn, Wrong
from netc.grammar.counted import counted

if TYPE_CHECKING:
    import numpy as np

    from netc.compiler.augmentations.base import Array


@augmentation("crop")
class Crop(Augmentation):
    """Pads training images with zeros and cuts a random piece of the old size out.

    So each example moves by up to `padding` pixels along both axes (He et al. 2015, arXiv:1512.03385). Images are
    longer than the padding on each side, so that something of them is left.
    """

    in_pixels = True
    also = ("RandomCrop(-size, padding=0)",)

    padding: int = argument(Integer(1), "zeros at each side, in pixels")

    samples = (
        Drawn("crop(1)", "2x5x7", mean=1, std=0.816497, low=0, high=2),
        Drawn("crop(padding=3)", "1x4x5", mean=3, std=2, low=0, high=6),
    )
    errors = (
        Wrong("crop(0)", code="E224", says="a positive whole number, found 0"),
        Wrong("crop", code="E223", says="`crop` needs `padding`"),
    )

    def too_small(self, side: Any) -> tuple[str, str] | None:
        if self.padding < side:
            return None
        shown = f"{counted(self.padding, 'pixel')}, and nothing is left then of images with a side of {side}"
        return f"moves images by up to {shown}", f"write `crop({side - 1})` at most" if side > 1 else "leave it out"

    def draw(self, count: int, rng: np.random.Generator) -> Array:
        return rng.integers(0, 2 * self.padding + 1, size=(2, count)).T

    def change(self, maps: Array, drawn: Array) -> Array:
        import numpy as np

        found, padding = np.zeros_like(maps), self.padding
        height, width = maps.shape[2:]
        for image, made, (down, right) in zip(maps, found, drawn - padding, strict=True):
            top, left = max(down, 0), max(right, 0)
            part = image[:, top : max(height + down, 0), left : max(width + right, 0)]
            made[:, top - down :, left - right :][:, : part.shape[1], : part.shape[2]] = part
        return found

    def formula(self, numpy: Any, image: Any, drawn: Any) -> Any:
        found, (down, right) = numpy.zeros_like(image), (int(place) - self.padding for place in drawn)
        for y in range(image.shape[1]):
            for x in range(image.shape[2]):
                if 0 <= y + down < image.shape[1] and 0 <= x + right < image.shape[2]:
                    found[:, y, x] = image[:, y + down, x + right]
        return found
