"""Boxes around objects, with class and score."""

from __future__ import annotations

from PIL import Image, ImageDraw

from netc.runtime.show.draw.colours import INK, colour_of, on
from netc.runtime.show.draw.example import Example
from netc.runtime.show.draw.kinds.base import Kind
from netc.runtime.show.draw.panel import Line, enlarged, font, with_lines
from netc.runtime.show.draw.suppress import suppress

BOXES_NAME, SCORES_NAME = "boxes", "scores"


def _fits(example: Example) -> str | None:
    boxes, scores = example.outputs.get(BOXES_NAME), example.outputs.get(SCORES_NAME)
    if boxes is None or scores is None or example.frames is None:
        return None
    return BOXES_NAME if boxes.ndim == scores.ndim == 2 and boxes.shape == (len(scores), 4) else None


def _draw(example: Example, output: str) -> Image.Image:
    boxes, scores = example.outputs[output], example.outputs[SCORES_NAME]
    assert example.frames is not None
    picture = enlarged(example.frames[0])
    by = picture.width / example.frames.shape[2]
    kept = suppress(boxes, scores, example.least)
    pen, letters = ImageDraw.Draw(picture), font(13)
    for row, number, _ in reversed(kept):
        left, top, right, bottom = (float(side) * by for side in boxes[row])
        place = (left, top, max(left, right), max(top, bottom))
        pen.rectangle(place, outline=INK, width=4)
        pen.rectangle((place[0] + 1, place[1] + 1, max(place[0] + 1, place[2] - 1), max(place[1] + 1, place[3] - 1)),
                      outline=colour_of(number), width=2)  # fmt: skip
    for row, number, score in reversed(kept):  # the best one's label lies above all others
        text = f"{example.meaning.name(number)} {score:.2f}"
        width = letters.getlength(text) + 6
        left = min(max(0.0, float(boxes[row][0]) * by), picture.width - width)
        top = float(boxes[row][1]) * by - 17
        top = top if top >= 0 else min(float(boxes[row][3]) * by + 1, picture.height - 17)
        pen.rectangle((left, top, left + width, top + 16), fill=colour_of(number))
        pen.text((left + 3, top), text, fill=on(colour_of(number)), font=letters)
    return picture if kept else with_lines(picture, [Line(f"no box of a score of {example.least:g}")])


BOXES = Kind(
    BOXES_NAME,
    f"`{BOXES_NAME}` [K, 4], corners x1, y1, x2, y2 in pixels, and `{SCORES_NAME}` [K, C], from 0 to 1",
    _fits,
    _fits,
    _draw,
)
