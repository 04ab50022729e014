"""Which pixels an answer depends on: the size of the score's gradient."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from netc.compiler import Along
from netc.runtime.inside.classes import called, chosen, directions, scored
from netc.runtime.inside.layers import image_input
from netc.runtime.inside.look import look
from netc.runtime.inside.mosaic import overlaid, picture
from netc.runtime.inside.probing import Probe
from netc.runtime.inside.scale import PLAIN, Scale
from netc.runtime.inside.view import Sheet
from netc.runtime.model import Model
from netc.runtime.sessions.resident import Array


@look
def saliency(
    model: Model,
    inputs: Mapping[str, Array],
    number: int | None = None,
    *,
    samples: int = 1,
    noise: float = 0.1,
    scale: Scale = PLAIN,
    seed: int = 0,
) -> Sheet:
    """The largest |gradient| of a class's score over each pixel's channels (Simonyan et al. 2013, arXiv:1312.6034).

    inputs   by name, `[N, …]`, as the net computes with them
    number   of the class; the likeliest of each row unless given
    samples  gradients of so many noisy copies are averaged where more than one (SmoothGrad, arXiv:1706.03825)
    noise    standard deviation, as a share of the picture's range

    Raises DiagnosticError E593.
    """
    name = image_input(model).name
    path, found, rows = chosen(model, inputs, number)
    probe = Probe(model, [Along(path)], [name])
    goals = {f"{path}.direction": directions(found, rows)}
    random, images = np.random.default_rng(seed), inputs[name]
    spread = noise * float(np.ptp(images))
    total = np.zeros_like(images)
    for _ in range(samples):
        noisy = images + random.normal(0, spread, images.shape).astype(np.float32) if samples > 1 else images
        total += probe({**inputs, name: noisy}, goals).gradients[name]
    heat = np.abs(total / samples).max(1)
    shown = scale.to_picture(images)
    panels = []
    for row, number in enumerate(rows):
        panels.append((f"{called(model, int(number))}", picture(shown[row])))
        panels.append(("saliency", overlaid(shown[row], heat[row], share=0.8)))
    return Sheet(
        f"saliency of {model.net.name}", {"saliency": heat, "classes": rows}, panels, scored(model, found, rows)
    )
