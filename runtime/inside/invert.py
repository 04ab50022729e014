"""What a layer still knows of a picture: another picture with the same values there."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from netc.compiler import Likeness
from netc.runtime.inside.ascent import Canvas, climb
from netc.runtime.inside.layers import image_input, map_layers
from netc.runtime.inside.look import look
from netc.runtime.inside.mosaic import picture
from netc.runtime.inside.probing import Probe
from netc.runtime.inside.scale import PLAIN, Scale
from netc.runtime.inside.view import Sheet
from netc.runtime.model import Model
from netc.runtime.sessions.resident import Array


@look
def invert(
    model: Model,
    photo: Array,
    layer: str | None = None,
    *,
    steps: int = 256,
    scale: Scale = PLAIN,
    variation: float = 1e-4,
    seed: int = 0,
    told: Callable[[int], None] | None = None,
) -> Sheet:
    """A picture, made from noise, whose values at a layer are as near to those of `photo` as can be.

    Descent on |x - goal|² / |goal|² (Mahendran and Vedaldi 2015, arXiv:1412.0035).

    photo  `[C, H, W]` from 0 to 1;  layer: a path; the last convolution unless given
    steps  of Adam;  variation: weight against differences of neighbouring pixels;  scale: as the net computes

    Raises DiagnosticError E280, E281, E593.
    """
    path, given = layer or map_layers(model.net)[-1], image_input(model)
    size = (int(photo.shape[1]), int(photo.shape[2]))
    sizes = None if size == given.shape[2:] else {given.name: size}
    goal = Probe(model, taps=[path], sizes=sizes)({given.name: scale.to_net(photo[None])}).taps[path]
    probe = Probe(model, [Likeness(path)], [given.name], sizes=sizes)

    def judge(pictures: Array) -> tuple[float, Array]:
        answer = probe({given.name: scale.to_net(pictures)}, {f"{path}.goal": goal})
        return -answer.loss, -scale.slope(answer.gradients[given.name])

    canvas = Canvas((1, *photo.shape), seed)
    made, history = climb(canvas, judge, steps, jitter=0, variation=variation, told=told)
    off = -np.array(history)
    panels = [("photo", picture(photo, side=320)), (f"from {path} alone", picture(made[0], side=320))]
    below = [f"{off[-1]:.2%} of the layer's values' energy is off, {off[0]:.2%} at first"]
    return Sheet(f"inversion of {model.net.name}", {"picture": made[0], "history": off}, panels, below)
