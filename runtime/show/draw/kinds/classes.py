"""The likeliest classes and their probabilities, below the picture."""

from __future__ import annotations

import numpy as np
from PIL import Image

from netc.runtime.data.class_scores import softmax
from netc.runtime.sessions.resident import Array
from netc.runtime.show.draw.example import Example
from netc.runtime.show.draw.kinds.base import Kind
from netc.runtime.show.draw.panel import Line, strip, with_lines

TOP = 3


def _fits(example: Example) -> str | None:
    scores = ((name, values) for name, values in example.compared() if values.ndim == 1 and values.dtype.kind == "f")
    return next((name for name, values in scores if len(values) > 1), None)


def _is_it(example: Example) -> str | None:
    for name, values in example.compared():
        if values.ndim == 1 and values.dtype.kind == "f" and len(values) > 1:
            if example.meaning.are_classes(len(values)):
                return name
            if example.meaning.predictions is None and _are_probabilities(values):
                return name
    return None


def _are_probabilities(values: Array) -> bool:
    return bool((values >= 0).all() and np.isclose(values.sum(), 1, atol=1e-3))


def _draw(example: Example, output: str) -> Image.Image:
    values = example.outputs[output]
    shares = values if example.meaning.predictions is None and _are_probabilities(values) else softmax(values[None])[0]
    best = np.argsort(-shares, kind="stable")[:TOP]
    lines = [Line(f"{example.meaning.name(int(at))}   {shares[at]:.1%}", share=float(shares[at])) for at in best]
    return with_lines(None if example.frames is None else strip(example.frames), lines)


CLASSES = Kind("classes", "scores of classes, [C]", _fits, _is_it, _draw)
