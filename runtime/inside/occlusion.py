"""Which part of a picture an answer needs: the score with a grey square over each place."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from netc.runtime.inside.classes import called, chosen
from netc.runtime.inside.layers import image_input
from netc.runtime.inside.look import look
from netc.runtime.inside.mosaic import overlaid, picture
from netc.runtime.inside.scale import PLAIN, Scale
from netc.runtime.inside.view import Sheet
from netc.runtime.model import Model
from netc.runtime.sessions.resident import Array

BATCH = 32


@look
def occlusion(
    model: Model,
    inputs: Mapping[str, Array],
    number: int | None = None,
    *,
    patch: int | None = None,
    stride: int | None = None,
    scale: Scale = PLAIN,
    told: Callable[[int], None] | None = None,
) -> Sheet:
    """By how much the score of a class falls under a square of the picture's mean (Zeiler and Fergus 2013,
    arXiv:1311.2901), for the first example.

    inputs  by name, `[N, …]`, as the net computes with them;  number: of the class; the likeliest unless given
    patch   side of the square in pixels; a fifth of the picture unless given;  stride: between places; half of a patch

    Raises DiagnosticError E593.
    """
    name = image_input(model).name
    one = {key: values[:1] for key, values in inputs.items()}
    path, found, rows = chosen(model, one, number)
    image, answer = one[name][0], int(rows[0])
    height, width = image.shape[1:]
    patch = patch or max(1, min(height, width) // 5)
    stride = stride or max(1, patch // 2)
    places = [(top, left) for top in _places(height, patch, stride) for left in _places(width, patch, stride)]
    falls: list[float] = []
    for start in range(0, len(places), BATCH):
        some = places[start : start + BATCH]
        covered = np.repeat(image[None], len(some), 0)
        for at, (top, left) in enumerate(some):
            covered[at, :, top : top + patch, left : left + patch] = image.mean((1, 2), keepdims=True)
        given = {key: np.repeat(values, len(some), 0) for key, values in one.items()} | {name: covered}
        falls += (found[0, answer] - model.forward(given, [path])[path][:, answer]).tolist()
        if told is not None:
            told(len(falls))
    heat = np.array(falls, np.float32).reshape(len(_places(height, patch, stride)), -1)
    shown = scale.to_picture(one[name])[0]
    panels = [
        (called(model, answer), picture(shown)),
        (f"needed, {patch}x{patch}", overlaid(shown, np.maximum(heat, 0))),
    ]
    score = found[0, answer]
    below = [f"class {called(model, answer)}, score {score:.3g}, at the lowest {score - heat.max():.3g}"]
    return Sheet(f"occlusion of {model.net.name}", {"falls": heat, "classes": rows}, panels, below)


def _places(side: int, patch: int, stride: int) -> list[int]:
    return list(range(0, max(1, side - patch + 1), stride))
