"""Pictures that are climbed to: by steps of Adam in a space where nearby pixels and colours don't go together.

Olah et al. 2017, "Feature visualization", distill.pub. A picture is sigmoid(M F z): F divides frequencies by their
height, so that no frequency grows faster than in photographs, M mixes colours as they go together in them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from netc.runtime.sessions.resident import Array

COLOURS = np.array([[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]], np.float32)
"""A square root of the covariance of colours in photographs, as `[colour, component]` (Olah et al. 2017)."""

START, HIGHEST = 0.01, 1.0
"""How high waves are at first, and how high they become where a picture wakes nothing."""

Judge = Callable[[Array], tuple[float, Array]]
"""Of pictures `[N, C, H, W]` from 0 to 1: what is to be made large, and its gradient."""


@dataclass
class Canvas:
    """Pictures `[N, C, H, W]` from 0 to 1, and what they are made of.

    z  the heights of waves: the half of a spectrum that says it all, `[N, C, H, W // 2 + 1, 2]`, real and imaginary
    """

    shape: tuple[int, int, int, int]
    seed: int = 0
    z: Array = field(init=False)

    def __post_init__(self) -> None:
        count, channels, height, width = self.shape
        random = np.random.default_rng(self.seed)
        # one start for all pictures: what differs between them is what they were made for
        start = random.normal(0, START, (1, channels, height, width // 2 + 1, 2))
        self.z = np.repeat(start, count, 0).astype(np.float32)
        down, across = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None]
        frequency = np.maximum(np.hypot(down, across), 1 / max(height, width))
        self._gain = (np.sqrt(height * width) / 4 / frequency).astype(np.float32)[..., None]
        twice = np.full(width // 2 + 1, 2.0)  # a frequency that the half spectrum stands for once, and its mirror image
        twice[0] = 1
        twice[width // 2 :] = 1 if width % 2 == 0 else 2
        self._share = (twice / (height * width)).astype(np.float32)[:, None]
        mix = COLOURS / np.linalg.norm(COLOURS, axis=0).max()
        self._mix = mix if channels == 3 else np.eye(channels, dtype=np.float32)

    def picture(self) -> Array:
        """The pictures as they are now."""
        parts = self.z * self._gain
        waves = np.fft.irfft2(parts[..., 0] + 1j * parts[..., 1], s=self.shape[2:])
        return _sigmoid(np.einsum("dc,nchw->ndhw", self._mix, waves))

    def wake(self, asleep: Array) -> None:
        """Waves twice as high in pictures `[N]` of which none is answered: grey lies where all units rest."""
        low = self.z.std(axis=(1, 2, 3, 4)) < HIGHEST
        self.z[asleep & low] *= 2

    def slope(self, picture: Array, gradient: Array) -> Array:
        """The gradient for z of the one for pictures."""
        mixed = np.einsum("dc,ndhw->nchw", self._mix, gradient * picture * (1 - picture))
        spectrum = np.fft.rfft2(mixed)
        return np.asarray(np.stack([spectrum.real, spectrum.imag], -1) * self._gain * self._share, np.float32)


def climb(
    canvas: Canvas,
    judge: Judge,
    steps: int,
    *,
    rate: float = 0.05,
    jitter: int = 8,
    variation: float = 0.0,
    told: Callable[[int], None] | None = None,
) -> tuple[Array, list[float]]:
    """Steps of Adam (Kingma and Ba 2015) upwards; gives the pictures and what the judge said at each step.

    jitter     by how many pixels the picture is shifted before it is judged, at random, so that no grid of pixels shows
    variation  how much the mean difference of neighbours counts against it;  told: called with the number of each step
    """
    random = np.random.default_rng(canvas.seed)
    mean, square = np.zeros_like(canvas.z), np.zeros_like(canvas.z)
    history = []
    for step in range(1, steps + 1):
        picture = canvas.picture()
        shift = tuple(random.integers(-jitter, jitter + 1, 2)) if jitter else (0, 0)
        value, gradient = judge(np.roll(picture, shift, (2, 3)))
        history.append(value)
        canvas.wake((gradient == 0).all(axis=(1, 2, 3)))
        gradient = np.roll(gradient, (-shift[0], -shift[1]), (2, 3)) - variation * rough_slope(picture)
        slope = canvas.slope(picture, gradient)
        mean = 0.9 * mean + 0.1 * slope
        square = 0.999 * square + 0.001 * slope**2
        canvas.z += rate * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
        if told is not None:
            told(step)
    return canvas.picture(), history


def rough_slope(picture: Array) -> Array:
    """The gradient of the sum of squared differences between neighbours along both axes."""
    slope = np.zeros_like(picture)
    for axis in (2, 3):
        step = np.diff(picture, axis=axis)
        before, after = [slice(None)] * 4, [slice(None)] * 4
        before[axis], after[axis] = slice(None, -1), slice(1, None)
        slope[tuple(before)] -= 2 * step
        slope[tuple(after)] += 2 * step
    return slope


def _sigmoid(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -30, 30))), np.float32)
