"""Images with a hole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netc.compiler.augmentations.base import Augmentation, Kind, augmentation
from netc.compiler.declare.also import Also
from netc.compiler.declare.arguments import Integer, argument
from netc.compiler.declare.samples import Drawn, Wrong

if TYPE_CHECKING:
    import numpy as np

    from netc.compiler.augmentations.base import Array


@augmentation("cutout")
class Cutout(Augmentation):
    """Sets a square of each training image to 0, with its centre at any pixel (DeVries & Taylor 2017,
    arXiv:1708.04552).

    The part of the square that lies outside is lost. Labels stay, also where they are maps: a hole hides what is there.
    """

    also = (
        Also("RandomErasing", note="it erases half of the images; `cutout(size)` all, a square of one size"),
        Also("CoarseDropout", note="it cuts several holes; write `cutout(8)` as often as there are holes"),
        "random_erasing",
    )
    kind = Kind.COLOURS

    side: int = argument(Integer(1), "the side of the square, in pixels", word="size")

    samples = (
        Drawn("cutout(2)", "2x5x7", mean=0.5, std=0.288675, low=0, high=1),
        Drawn("cutout(size=5)", "1x6x6", mean=0.5, std=0.288675, low=0, high=1),
    )
    errors = (
        Wrong("cutout", code="E223", says="`cutout` needs `size`"),
        Wrong("cutout(0)", code="E224", says="a positive whole number, found 0"),
    )

    def draw(self, count: int, rng: np.random.Generator) -> Array:
        """How far down and right the centre lies."""
        return rng.random((count, 2))

    def change(self, maps: Array, drawn: Array) -> Array:
        import numpy as np

        top, left = np.floor(drawn * maps.shape[2:]).astype(np.int64).T[:, :, None] - self.side // 2
        down, right = np.arange(maps.shape[2]), np.arange(maps.shape[3])
        rows = (down >= top) & (down < top + self.side)
        columns = (right >= left) & (right < left + self.side)
        hole = rows[:, None, :, None] & columns[:, None, None, :]
        return np.where(hole, np.zeros((), maps.dtype), maps)

    def formula(self, numpy: Any, image: Any, drawn: Any) -> Any:
        found, (height, width) = image.copy(), image.shape[1:]
        centre_y, centre_x = int(drawn[0] * height), int(drawn[1] * width)
        for y in range(centre_y - self.side // 2, centre_y - self.side // 2 + self.side):
            for x in range(centre_x - self.side // 2, centre_x - self.side // 2 + self.side):
                if 0 <= y < height and 0 <= x < width:
                    found[:, y, x] = 0
        return found
