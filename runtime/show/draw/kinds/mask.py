"""The likeliest class of every pixel, as a colour over the picture without its own colours, with a legend."""

from __future__ import annotations

import numpy as np
from PIL import Image

from netc.runtime.sessions.resident import Array
from netc.runtime.show.draw.colours import colour_of
from netc.runtime.show.draw.example import Example
from netc.runtime.show.draw.kinds.base import Kind
from netc.runtime.show.draw.panel import Line, beside, enlarged, with_lines

OPACITY = 0.6
BRIGHTNESS = np.array([0.299, 0.587, 0.114])
FEWEST = 0.001
"""The share of the pixels from which a class stands in the legend."""


def _covers(example: Example, values: Array) -> bool:
    return values.ndim == 3 and values.dtype.kind == "f" and values.shape[1:] == example.size


def _fits(example: Example) -> str | None:
    return next((name for name, values in example.compared() if _covers(example, values)), None)


def _is_it(example: Example) -> str | None:
    for name, values in example.compared():
        if _covers(example, values) and example.meaning.are_classes(len(values)):
            return name
    return None


def _draw(example: Example, output: str) -> Image.Image:
    scores = example.outputs[output]
    assert example.frames is not None
    picture = example.frames[0]
    labels = _labels(scores, example.least)
    colours = np.array([(255, 255, 255), *(colour_of(at) for at in range(int(labels.max(initial=0))))], np.uint8)
    grey = (picture @ BRIGHTNESS)[..., None].repeat(3, axis=2)
    mixed = grey * (1 - OPACITY) + colours[labels] * OPACITY
    over = np.rint(np.where(labels[..., None] > 0, mixed, grey)).astype(np.uint8)
    lines = []
    for label in np.unique(labels).tolist():
        share = float((labels == label).mean())
        if label > 0 and share >= FEWEST:
            name = example.meaning.name(label if len(scores) > 1 else label - 1)
            lines.append(Line(f"{name}   {share:.1%} of the pixels", colour_of(label - 1)))
    return with_lines(beside([enlarged(picture), enlarged(over)]), lines or [Line("nothing but the background")])


def _labels(scores: Array, least: float) -> Array:
    """The likeliest class of each pixel, of which class 0 is the background; of one class, logits of a yes."""
    if len(scores) > 1:
        return np.asarray(scores.argmax(axis=0))
    return np.asarray(scores[0] > np.log(least / (1 - least)), np.int64)


MASK = Kind("mask", "scores of classes for each pixel of the picture, [C, H, W]", _fits, _is_it, _draw)
