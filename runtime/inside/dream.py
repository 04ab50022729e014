"""A photograph with more of what a layer sees in it (Mordvintsev et al. 2015, "Inceptionism")."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image

from netc.compiler import Energy
from netc.runtime.inside.layers import image_input, map_layers
from netc.runtime.inside.look import look
from netc.runtime.inside.mosaic import picture
from netc.runtime.inside.probing import Probe
from netc.runtime.inside.scale import PLAIN, Scale
from netc.runtime.inside.view import Sheet
from netc.runtime.model import Model
from netc.runtime.sessions.resident import Array

SMALLEST = 32


@look
def dream(
    model: Model,
    photo: Array,
    layer: str | None = None,
    *,
    steps: int = 12,
    octaves: int = 3,
    factor: float = 1.4,
    rate: float = 0.02,
    scale: Scale = PLAIN,
    seed: int = 0,
    told: Callable[[int], None] | None = None,
) -> Sheet:
    """Ascent on the mean square of a layer's values, from a small copy of the picture to the whole.

    photo   `[C, H, W]` from 0 to 1, of any size that the layers before it carry
    layer   a path; the convolution in the middle unless given
    steps   at each size;  octaves: sizes, each `factor` times the one before
    rate    of a step, in shares of the range from black to white;  scale: from pictures to what the net computes with

    Raises DiagnosticError E280, E281, E593.
    """
    layers = map_layers(model.net)
    path, name = layer or layers[len(layers) // 2], image_input(model).name
    random = np.random.default_rng(seed)
    detail = np.zeros_like(photo)
    history, done = [], 0
    for size in _sizes(photo.shape[1:], octaves, factor):
        base, detail = _brought(photo, size), _brought(detail, size)
        probe = Probe(model, [Energy(path)], [name], sizes={name: size})
        for _ in range(steps):
            shift = tuple(random.integers(-8, 9, 2))
            seen = np.roll(np.clip(base + detail, 0, 1), shift, (1, 2))[None]
            answer = probe({name: scale.to_net(seen)})
            slope = np.roll(scale.slope(answer.gradients[name])[0], (-shift[0], -shift[1]), (1, 2))
            detail = detail + rate * slope / max(float(np.abs(slope).mean()), 1e-12)
            history.append(answer.loss)
            done += 1
            if told is not None:
                told(done)
    made = np.clip(photo + detail, 0, 1)
    panels = [("photo", picture(photo, side=320)), (f"dream of {path}", picture(made, side=320))]
    return Sheet(f"dream of {model.net.name}", {"picture": made, "history": np.array(history)}, panels)


def _sizes(size: tuple[int, ...], octaves: int, factor: float) -> list[tuple[int, int]]:
    found = [tuple(round(side / factor**power) for side in size) for power in reversed(range(octaves))]
    return [(height, width) for height, width in found if min(height, width) >= SMALLEST] or [(size[0], size[1])]


def _brought(values: Array, size: tuple[int, int]) -> Array:
    """[C, h, w] to another height and width."""
    sides = (size[1], size[0])
    channels = [Image.fromarray(channel).resize(sides, Image.Resampling.BICUBIC) for channel in values]
    return np.stack([np.asarray(channel, np.float32) for channel in channels])
