"""Maps brought to another size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netc.compiler.augmentations.base import Fixed, as_before, augmentation, in_floats
from netc.compiler.augmentations.resample import nearest, weights
from netc.compiler.declare.arguments import argument
from netc.compiler.declare.extents import Extent
from netc.compiler.declare.samples import Drawn, Wrong
from netc.grammar.counted import counted

if TYPE_CHECKING:
    import numpy as np

    from netc.compiler.augmentations.base import Array


def resized(maps: Array, boxes: Array, size: tuple[int, int]) -> Array:
    """Images `[N, C, H, W]`: of each the box [top, left, height, width], whole pixels, at another size; bilinear."""
    import numpy as np

    top, left, tall, wide = boxes.T
    down = weights(maps.shape[2], top, tall, size[0])[:, None]
    right = weights(maps.shape[3], left, wide, size[1])[:, None].transpose(0, 1, 3, 2)
    return as_before(np.matmul(np.matmul(down, in_floats(maps)), right), maps)


def resized_labels(maps: Array, boxes: Array, size: tuple[int, int]) -> Array:
    """The same for maps of whole numbers: each is that of the pixel in which its centre lies."""
    import numpy as np

    top, left, tall, wide = boxes.T
    rows, columns = nearest(top, tall, size[0]), nearest(left, wide, size[1])
    found = maps[np.arange(len(maps))[:, None, None], :, rows[:, :, None], columns[:, None, :]]
    return np.ascontiguousarray(found.transpose(0, 3, 1, 2))


def resized_pixel(numpy: Any, image: Any, box: tuple[int, int, int, int], size: tuple[int, int]) -> Any:
    """`resized` of one image once more, pixel by pixel."""
    (top, left, tall, wide), found = box, numpy.zeros((len(image), *size))
    for y in range(size[0]):
        for x in range(size[1]):
            total = 0.0
            for row in range(tall):
                for column in range(wide):
                    off_y = abs(row + 0.5 - (y + 0.5) * tall / size[0]) / max(tall / size[0], 1)
                    off_x = abs(column + 0.5 - (x + 0.5) * wide / size[1]) / max(wide / size[1], 1)
                    weight = max(0.0, 1 - off_y) * max(0.0, 1 - off_x)
                    found[:, y, x] += weight * image[:, top + row, left + column]
                    total += weight
            found[:, y, x] /= total
    return found


@augmentation("resize")
class Resize(Fixed):
    """Brings maps to a size: images bilinearly, averaging over all pixels where they shrink, labels by nearest pixel.

    It holds for all data of the net, in training and later: rows of another size than the input are resized to it.
    The shape of an image is not kept: `resize(64)` makes 64x64 of 100x50. As PyTorch's
    `interpolate(mode="bilinear", antialias=True)`.
    """

    also = ("Resize(size)", "Resizing(height, width)")

    extent: int | tuple[int, ...] = argument(Extent(), "the size: `64`, or `48x64`, height first", word="size")

    samples = (
        Drawn("resize(4)", "2x6x5", mean=0, std=0, low=0, high=0),
        Drawn("resize(5x9)", "3x4x6", mean=0, std=0, low=0, high=0),
    )
    errors = (
        Wrong("resize(0)", code="E224", says="a size such as"),
        Wrong("resize([2, 3, 4])", code="E224", says="a map has two axes, found 3 sizes"),
    )

    def conflict(self) -> tuple[str, str, str] | None:
        return two_axes(self.extent)

    def change(self, maps: Array, drawn: Array) -> Array:
        return resized(maps, _whole(maps), self.size)

    def change_labels(self, labels: Array, drawn: Array) -> Array:
        return resized_labels(labels, _whole(labels), self.size)

    def formula(self, numpy: Any, image: Any, drawn: Any) -> Any:
        return resized_pixel(numpy, image, (0, 0, *image.shape[1:]), self.size)

    @property
    def size(self) -> tuple[int, int]:
        return height_width(self.extent)


def two_axes(extent: int | tuple[int, ...]) -> tuple[str, str, str] | None:
    """The conflict of an extent that isn't of a map."""
    if isinstance(extent, int) or len(extent) == 2:
        return None
    return "size", f"a map has two axes, found {counted(len(extent), 'size')}", "write `64`, or `48x64`, height first"


def height_width(extent: int | tuple[int, ...]) -> tuple[int, int]:
    """The two sizes that an extent stands for."""
    return (extent, extent) if isinstance(extent, int) else (extent[0], extent[1])


def _whole(maps: Array) -> np.ndarray[Any, Any]:
    import numpy as np

    return np.array([[0, 0, *maps.shape[2:]]])
