"""Many small pictures as one, enlarged by a whole number, with thin lines between them."""

from __future__ import annotations

from math import ceil, sqrt

import numpy as np
from PIL import Image

from netc.runtime.sessions.resident import Array

SIDE = 640
"""About how wide a mosaic is, in pixels."""
PIXELS_PER_LINE = 5
"""Lines between tiles are a fifth of an enlarged pixel wide, so that they are no pixel of a tile."""


def mosaic(tiles: Array, side: int = SIDE, background: int = 255) -> Image.Image:
    """Bytes [K, h, w, 3], row by row on a square.

    background  of the lines between tiles, from black, 0, to white, 255
    """
    count, height, width, _ = tiles.shape
    columns = max(1, ceil(sqrt(count * height / width)))
    rows = ceil(count / columns)
    by = max(1, side // (columns * width + columns))
    line = max(1, by // PIXELS_PER_LINE)
    tiles = tiles.repeat(by, 1).repeat(by, 2)
    height, width = tiles.shape[1:3]
    sheet = np.full((rows * (height + line) - line, columns * (width + line) - line, 3), background, np.uint8)
    for at, tile in enumerate(tiles):
        row, column = divmod(at, columns)
        top, left = row * (height + line), column * (width + line)
        sheet[top : top + height, left : left + width] = tile
    return Image.fromarray(sheet)


def picture(values: Array, low: float = 0.0, high: float = 1.0, side: int = 256) -> Image.Image:
    """[C, H, W] with one channel or three as an image, enlarged by a whole number until about `side` wide."""
    moved = np.moveaxis(np.broadcast_to(values, (3, *values.shape[1:])) if len(values) == 1 else values[:3], 0, -1)
    pixels = np.asarray(np.rint(np.clip((moved - low) / (high - low), 0, 1) * 255), np.uint8)
    by = max(1, side // max(pixels.shape[:2]))
    return Image.fromarray(np.ascontiguousarray(pixels.repeat(by, 0).repeat(by, 1)))


def overlaid(values: Array, heat: Array, low: float = 0.0, high: float = 1.0, share: float = 0.55) -> Image.Image:
    """A picture [C, H, W] in grey under a map [h, w] in colours, brought to its size."""
    from netc.runtime.inside.colour_maps import sequential

    base = picture(values, low, high)
    colours = Image.fromarray(sequential(heat)).resize(base.size, Image.Resampling.BILINEAR)
    return Image.blend(base.convert("L").convert("RGB"), colours, share)
