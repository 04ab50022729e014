"""Images of other brightness, contrast, saturation and hue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netc.compiler.augmentations.base import Augmentation, Kind, as_before, augmentation, in_floats, white
from netc.compiler.augmentations.resample import AT_ONCE
from netc.compiler.declare.also import Also
from netc.compiler.declare.arguments import Real, argument
from netc.compiler.declare.samples import Drawn, Wrong
from netc.grammar.counted import counted

if TYPE_CHECKING:
    import numpy as np

    from netc.compiler.augmentations.base import Array

GREY = (0.2989, 0.587, 0.114)
"""How bright red, green and blue are."""


@augmentation("color_jitter")
class ColorJitter(Augmentation):
    """Changes brightness, contrast, saturation and hue of training images, in this order, by factors drawn evenly.

    brightness x * f and contrast m + (x - m) * f, m the mean grey of the image, with f from 1 - `brightness` to
    1 + `brightness`, not below 0; saturation g + (x - g) * f, g the pixel's grey 0.2989 R + 0.587 G + 0.114 B; hue
    turned by up to `hue` of a whole turn. After each, values end at 0 and 1. PyTorch draws the order too.
    Images are numbers from 0 to 1, or bytes; masks and labels stay.
    """

    also = (
        "ColorJitter(brightness, contrast, saturation, hue)",
        Also("RandomBrightness(brightness)", note="Keras adds the brightness, here it is a factor"),
        "RandomContrast(contrast)",
        Also("RandomSaturation", note="write `color_jitter(saturation=0.4)`"),
        Also("RandomHue", note="write `color_jitter(hue=0.1)`"),
        Also("RandomColorJitter", note="give it `brightness`, `contrast`, `saturation`, `hue`"),
    )
    kind = Kind.COLOURS
    unit = True

    brightness: float = argument(Real(0), "how far the factor is from 1 at most", default=0.0)
    contrast: float = argument(Real(0), "how far the factor is from 1 at most", default=0.0)
    saturation: float = argument(Real(0), "how far the factor is from 1 at most; for images of 3 channels", default=0.0)
    hue: float = argument(Real(0, 0.5), "the largest turn, of a whole turn; for images of 3 channels", default=0.0)

    samples = (
        Drawn("color_jitter(0.4, 0.4, 0.4, 0.1)", "3x5x4", mean=0.75, std=0.477842, low=-0.1, high=1.4),
        Drawn("color_jitter(brightness=0.5)", "1x4x5", mean=0.75, std=0.456435, low=0, high=1.5),
        Drawn("color_jitter(contrast=1.5)", "2x4x5", mean=0.8125, std=0.600564, low=0, high=2.5),
    )
    errors = (
        Wrong("color_jitter", code="E224", says="`color_jitter` without an argument changes nothing"),
        Wrong("color_jitter(hue=0.6)", code="E224", says="a number from 0 to 0.5, found 0.6"),
    )

    def conflict(self) -> tuple[str, str, str] | None:
        if any(self.settings().values()):
            return None
        help = "write `color_jitter(0.4, 0.4, 0.4, 0.1)`"
        return "brightness", "`color_jitter` without an argument changes nothing", help

    def misfit(self, channels: Any) -> tuple[str, str] | None:
        if channels == 3 or not (self.saturation or self.hue):
            return None
        what = "saturation" if self.saturation else "hue"
        return f"{what} is of colours, and images of {counted(channels, 'channel')} have none", f"leave out `{what}`"

    def draw(self, count: int, rng: np.random.Generator) -> Array:
        """Factors of brightness, contrast and saturation, and the turn of hue."""
        factors = [
            rng.uniform(max(0.0, 1 - width), 1 + width, count)
            for width in (self.brightness, self.contrast, self.saturation)
        ]
        import numpy as np

        return np.stack([*factors, rng.uniform(-self.hue, self.hue, count)], axis=1)

    def change(self, maps: Array, drawn: Array) -> Array:
        import numpy as np

        found = np.empty_like(maps)
        step = max(1, AT_ONCE // (maps.shape[2] * maps.shape[3]))
        for first in range(0, len(maps), step):
            part = slice(first, first + step)
            found[part] = self._changed(maps[part], drawn[part])
        return found

    def _changed(self, maps: Array, drawn: Array) -> Array:
        import numpy as np

        bright, contrast, saturation, turn = drawn.astype(np.float32).T[:, :, None, None, None]
        most = white(maps)
        images = np.clip(in_floats(maps) * bright, 0, most)
        if self.contrast:
            mean = _grey(images).mean(axis=(2, 3), keepdims=True)
            images = np.clip(mean + (images - mean) * contrast, 0, most)
        if self.saturation:
            grey = _grey(images)
            images = np.clip(grey + (images - grey) * saturation, 0, most)
        return as_before(_turned(images, turn) if self.hue else images, maps)

    def formula(self, numpy: Any, image: Any, drawn: Any) -> Any:
        from colorsys import hsv_to_rgb, rgb_to_hsv

        bright, contrast, saturation, turn = map(float, drawn)
        most = 1.0 if image.dtype.kind == "f" else 255.0
        pixels = numpy.minimum(image.astype(float) * bright, most)
        grey = numpy.tensordot(GREY, pixels, 1) if len(image) == 3 else pixels.mean(axis=0)
        pixels = numpy.clip(contrast * pixels + (1 - contrast) * grey.mean(), 0, most)
        if len(image) == 3:
            pixels = numpy.clip(saturation * pixels + (1 - saturation) * numpy.tensordot(GREY, pixels, 1), 0, most)
            for y, x in numpy.ndindex(image.shape[1:]):
                hue, vivid, value = rgb_to_hsv(*pixels[:, y, x] / most)
                pixels[:, y, x] = numpy.array(hsv_to_rgb((hue + turn) % 1, vivid, value)) * most
        return pixels


def _grey(images: Array) -> Array:
    """`[N, 1, H, W]`: how bright pixels are; the mean of channels that aren't colours."""
    if images.shape[1] != 3:
        mean: Array = images.mean(axis=1, keepdims=True)
        return mean
    red, green, blue = GREY
    grey: Array = red * images[:, 0:1] + green * images[:, 1:2] + blue * images[:, 2:3]
    return grey


def _turned(images: Array, turn: Array) -> Array:
    """Images of 3 channels with their hue turned, by way of hue, saturation and value."""
    import numpy as np

    red, green, blue = images[:, 0], images[:, 1], images[:, 2]
    value, spread = images.max(axis=1), np.ptp(images, axis=1)
    some = np.where(spread > 0, spread, 1)
    hue = np.where(value == red, (green - blue) / some, np.where(value == green, 2 + (blue - red) / some,
                                                                 4 + (red - green) / some))  # fmt: skip
    hue = hue + 6 * turn[:, 0]
    found = np.empty_like(images)
    for channel, at in enumerate((5, 3, 1)):
        place = np.mod(at + hue, 6)
        found[:, channel] = value - spread * np.clip(np.minimum(place, 4 - place), 0, 1)
    return found
