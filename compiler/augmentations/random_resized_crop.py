"""Random parts of images, brought to one size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netc.compiler.augmentations.base import Augmentation, augmentation
from netc.compiler.augmentations.resize import height_width, resized, resized_labels, resized_pixel, two_axes
from netc.compiler.declare.also import Also
from netc.compiler.declare.arguments import Real, argument
from netc.compiler.declare.extents import Extent
from netc.compiler.declare.lists import Interval
from netc.compiler.declare.samples import Drawn, Wrong

if TYPE_CHECKING:
    import numpy as np

    from netc.compiler.augmentations.base import Array


@augmentation("random_resized_crop")
class RandomResizedCrop(Augmentation):
    """Cuts a random part out of each image and brings it to a size, as `resize` does (Szegedy et al. 2015,
    arXiv:1409.4842).

    The part has a share of the area drawn evenly from `scale`, a width for each height drawn evenly on a logarithmic
    line from `ratio`, and lies anywhere; sides that are longer than the image's are cut to it. Later data are
    brought to the size as a whole.
    """

    also = (
        "RandomResizedCrop(size, scale, ratio)",
        Also("RandomCropAndResize", note="`scale` is `crop_area_factor`, `ratio` is `aspect_ratio_factor`"),
        Also("RandomZoom", note="its zoom is the square root of the share of the area"),
    )

    extent: int | tuple[int, ...] = argument(Extent(), "the size: `64`, or `48x64`, height first", word="size")
    scale: tuple[float, float] = argument(
        Interval(Real(0, 1, open_low=True)), "the least and the largest share of the area", default=(0.08, 1.0)
    )
    ratio: tuple[float, float] = argument(
        Interval(Real(0, open_low=True)), "the least and the largest width for a height of 1", default=(3 / 4, 4 / 3)
    )

    samples = (
        Drawn("random_resized_crop(4)", "2x6x7", mean=0.638463, std=0.337030, low=0, high=4 / 3),
        Drawn("random_resized_crop(5x3, scale=[0.3, 0.6], ratio=[1, 2])", "3x7x5", mean=0.723174, std=0.487029, low=0,
              high=2),
    )  # fmt: skip
    errors = (
        Wrong("random_resized_crop", code="E223", says="`random_resized_crop` needs `size`"),
        Wrong("random_resized_crop(4, scale=[0.5, 0.2])", code="E224", says="the lower one first"),
        Wrong("random_resized_crop([2, 3, 4])", code="E224", says="a map has two axes, found 3 sizes"),
    )

    def conflict(self) -> tuple[str, str, str] | None:
        return two_axes(self.extent)

    def draw(self, count: int, rng: np.random.Generator) -> Array:
        """Share of the area, ratio, and how far down and right the part lies, of all places it can have."""
        import numpy as np

        low, high = np.log(self.ratio)
        drawn = rng.random((count, 4))
        drawn[:, 0] = self.scale[0] + drawn[:, 0] * (self.scale[1] - self.scale[0])
        drawn[:, 1] = np.exp(low + drawn[:, 1] * (high - low))
        return drawn

    def change(self, maps: Array, drawn: Array) -> Array:
        return resized(maps, self._boxes(maps, drawn), self.size)

    def change_labels(self, labels: Array, drawn: Array) -> Array:
        return resized_labels(labels, self._boxes(labels, drawn), self.size)

    def _boxes(self, maps: Array, drawn: Array) -> Array:
        import numpy as np

        (area, ratio, down, right), (height, width) = drawn.T, maps.shape[2:]
        tall = np.clip(np.rint(np.sqrt(area * height * width / ratio)), 1, height)
        wide = np.clip(np.rint(np.sqrt(area * height * width * ratio)), 1, width)
        top, left = np.floor(down * (height - tall + 1)), np.floor(right * (width - wide + 1))
        return np.stack([top, left, tall, wide], axis=1).astype(np.int64)

    def formula(self, numpy: Any, image: Any, drawn: Any) -> Any:
        (area, ratio, down, right), (height, width) = map(float, drawn), image.shape[1:]
        tall = min(height, max(1, round((area * height * width / ratio) ** 0.5)))
        wide = min(width, max(1, round((area * height * width * ratio) ** 0.5)))
        box = (int(down * (height - tall + 1)), int(right * (width - wide + 1)), tall, wide)
        return resized_pixel(numpy, image, box, self.size)

    @property
    def size(self) -> tuple[int, int]:
        return height_width(self.extent)
