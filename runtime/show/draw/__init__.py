"""Answers as pictures: classes, masks, boxes, points, images and texts, drawn on what the network was given."""

from netc.runtime.show.draw.drawing import draw, drawings
from netc.runtime.show.draw.example import LEAST, Meaning
from netc.runtime.show.draw.grid import MOST, grid, png
from netc.runtime.show.draw.kinds import WORDS

__all__ = ["LEAST", "MOST", "WORDS", "Meaning", "draw", "drawings", "grid", "png"]
