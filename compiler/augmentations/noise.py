"""Images with noise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netc.compiler.augmentations.base import Augmentation, Kind, as_before, augmentation, in_floats, white
from netc.compiler.declare.arguments import Real, argument
from netc.compiler.declare.samples import Drawn, Wrong

if TYPE_CHECKING:
    import numpy as np

    from netc.compiler.augmentations.base import Array


@augmentation("noise")
class Noise(Augmentation):
    """Adds normal noise of mean 0 to every pixel of training images, drawn anew for each.

    `std` is of numbers from 0 to 1, of bytes too, which end at 0 and 255. Floats are not bounded: write `noise`
    behind what needs them between 0 and 1.
    """

    also = ("GaussianNoise(std)", "RandomGaussianNoise", "gaussian_noise", "add_noise")
    kind = Kind.COLOURS
    unbounded = True

    std: float = argument(Real(0, open_low=True), "the standard deviation")

    samples = (
        Drawn("noise(0.1)", "2x5x4", mean=2147483647.5, std=1239850262.0, low=0, high=4294967295),
        Drawn("noise(std=0.5)", "1x4x4", mean=2147483647.5, std=1239850262.0, low=0, high=4294967295),
    )
    errors = (
        Wrong("noise", code="E223", says="`noise` needs `std`"),
        Wrong("noise(0)", code="E224", says="a number above 0, found 0"),
    )

    def draw(self, count: int, rng: np.random.Generator) -> Array:
        """What each image's noise begins from."""
        return rng.integers(0, 1 << 32, count)

    def change(self, maps: Array, drawn: Array) -> Array:
        import numpy as np

        noise: Array = np.empty(maps.shape, np.float32)
        for at, seed in enumerate(drawn):
            one = np.random.Generator(np.random.SFC64(int(seed)))
            noise[at] = one.standard_normal(maps.shape[1:], np.float32)
        noise *= np.float32(self.std * white(maps))
        noise += in_floats(maps)
        return as_before(noise, maps)

    def formula(self, numpy: Any, image: Any, drawn: Any) -> Any:
        single = numpy.random.Generator(numpy.random.SFC64(int(drawn)))
        noise = single.standard_normal(image.size, dtype=numpy.float32).astype(float).reshape(image.shape)
        return image + self.std * noise * (1 if image.dtype.kind == "f" else 255)
