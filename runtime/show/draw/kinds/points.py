"""Key points: the peak of each heat map, as a numbered mark on the picture."""

from __future__ import annotations

import re

import numpy as np
from PIL import Image, ImageDraw

from netc.runtime.sessions.resident import Array
from netc.runtime.show.draw.colours import INK, PAPER, colour_of
from netc.runtime.show.draw.example import Example
from netc.runtime.show.draw.kinds.base import Kind
from netc.runtime.show.draw.panel import Line, enlarged, with_lines

CALLED = re.compile("heat|joint|key_?point|points")
RADIUS = 6


def _are_maps(example: Example, values: Array) -> bool:
    return example.size is not None and values.ndim == 3 and values.dtype.kind == "f" and min(values.shape[1:]) > 1


def _fits(example: Example) -> str | None:
    return next((name for name, values in example.outputs.items() if _are_maps(example, values)), None)


def _is_it(example: Example) -> str | None:
    """Maps that are called so, or the net's first output, if a loss compares it with maps that are no picture."""
    for at, (name, values) in enumerate(example.outputs.items()):
        if not _are_maps(example, values) or example.meaning.are_classes(len(values)):
            continue
        if CALLED.search(name.lower()):
            return name
        compared = not example.meaning.counts and name in (example.meaning.predictions or ())
        if at == 0 and compared and len(values) not in (1, 3):
            return name
    return None


def peaks(maps: Array, size: tuple[int, int]) -> Array:
    """For each map [J, h, w] its largest value and where it lies, as rows of x, y, value, in pixels of the picture.

    The place is the mean of the cells around the largest one, weighted by what is above zero there.
    """
    found = np.zeros((len(maps), 3))
    height, width = maps.shape[1:]
    for joint, each in enumerate(maps):
        row, column = divmod(int(each.argmax()), width)
        rows = np.arange(max(0, row - 1), min(height, row + 2))
        columns = np.arange(max(0, column - 1), min(width, column + 2))
        weights = np.clip(each[np.ix_(rows, columns)], 0, None).astype(np.float64)
        if weights.sum() > 0:
            down, across = (weights.sum(axis=1) @ rows, weights.sum(axis=0) @ columns) / weights.sum()
        else:
            down, across = row, column
        found[joint] = (across + 0.5) * size[1] / width, (down + 0.5) * size[0] / height, each[row, column]
    return found


def _draw(example: Example, output: str) -> Image.Image:
    assert example.frames is not None
    assert example.size is not None
    picture = enlarged(example.frames[0])
    by = picture.width / example.size[1]
    pen = ImageDraw.Draw(picture)
    lines, missing = [], []
    for joint, (x, y, value) in enumerate(peaks(example.outputs[output], example.size).tolist()):
        if value < example.least:
            missing.append(example.meaning.name(joint))
            continue
        across, down = x * by, y * by
        pen.ellipse((across - RADIUS, down - RADIUS, across + RADIUS, down + RADIUS), fill=INK)
        pen.ellipse((across - RADIUS + 1, down - RADIUS + 1, across + RADIUS - 1, down + RADIUS - 1), fill=PAPER)
        pen.ellipse((across - 4, down - 4, across + 4, down + 4), fill=colour_of(joint))
        lines.append(Line(f"{example.meaning.name(joint)}   {value:.2f}", colour_of(joint)))
    if missing:
        lines.append(Line(f"not found: {', '.join(missing)}"))
    return with_lines(picture, lines)


POINTS = Kind("points", "heat maps, one a joint, [J, h, w]", _fits, _is_it, _draw)
