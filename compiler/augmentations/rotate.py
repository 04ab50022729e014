"""Turned images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netc.compiler.augmentations.base import Augmentation, as_before, augmentation, in_floats
from netc.compiler.augmentations.resample import bilinear_at, nearest_at
from netc.compiler.declare.also import Also
from netc.compiler.declare.arguments import Real, argument
from netc.compiler.declare.samples import Drawn, Wrong

if TYPE_CHECKING:
    import numpy as np

    from netc.compiler.augmentations.base import Array


@augmentation("rotate")
class Rotate(Augmentation):
    """Turns each image about its centre by an angle drawn evenly from -`degrees` to `degrees`.

    Positive angles turn against the clock. Between pixels images are bilinear, labels those of the nearest pixel; what
    comes in from outside is 0, for labels class 0. PyTorch takes the nearest pixel unless asked for `BILINEAR`.
    """

    also = (
        "random_rotation",
        Also("RandomRotation", note="it counts degrees as PyTorch does; Keras's `factor=0.1` is `rotate(36)`"),
    )

    degrees: float = argument(Real(0, 180, open_low=True), "the largest angle, from 0 to 180")

    samples = (
        Drawn("rotate(15)", "2x6x7", mean=0, std=8.660254, low=-15, high=15),
        Drawn("rotate(degrees=180)", "1x5x5", mean=0, std=103.923048, low=-180, high=180),
    )
    errors = (
        Wrong("rotate", code="E223", says="`rotate` needs `degrees`"),
        Wrong("rotate(0)", code="E224", says="a number above 0 and of at most 180, found 0"),
    )

    def draw(self, count: int, rng: np.random.Generator) -> Array:
        return rng.uniform(-self.degrees, self.degrees, count)

    def change(self, maps: Array, drawn: Array) -> Array:
        return as_before(bilinear_at(in_floats(maps), *_places(maps, drawn)), maps)

    def change_labels(self, labels: Array, drawn: Array) -> Array:
        return nearest_at(labels, *_places(labels, drawn))

    def formula(self, numpy: Any, image: Any, drawn: Any) -> Any:
        height, width = image.shape[1:]
        turn, found = numpy.exp(1j * numpy.deg2rad(float(drawn))), numpy.zeros(image.shape)
        for y in range(height):
            for x in range(width):
                place = turn * complex(x - (width - 1) / 2, y - (height - 1) / 2)
                column, row = place.real + (width - 1) / 2, place.imag + (height - 1) / 2
                for down in range(height):
                    for right in range(width):
                        near = max(0.0, 1 - abs(down - row)) * max(0.0, 1 - abs(right - column))
                        found[:, y, x] += near * image[:, down, right]
        return found


def _places(maps: Array, drawn: Array) -> tuple[Array, Array]:
    """Where each pixel of the turned images comes from: rows and columns `[N, H, W]`."""
    import numpy as np

    height, width = maps.shape[2:]
    angle = np.deg2rad(drawn).astype(np.float32)[:, None, None]
    down = (np.arange(height, dtype=np.float32) - (height - 1) / 2)[:, None]
    right = (np.arange(width, dtype=np.float32) - (width - 1) / 2)[None, :]
    rows = np.sin(angle) * right + np.cos(angle) * down + np.float32((height - 1) / 2)
    columns = np.cos(angle) * right - np.sin(angle) * down + np.float32((width - 1) / 2)
    return rows, columns
