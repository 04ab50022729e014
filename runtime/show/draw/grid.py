"""Several drawings on one sheet, and a sheet as a file's content."""

from __future__ import annotations

import io
from collections.abc import Sequence
from math import ceil, sqrt

from PIL import Image

from netc.runtime.show.draw.colours import PAPER

MARGIN = 14
MOST = 64
"""How many drawings a sheet takes."""


def grid(drawings: Sequence[Image.Image]) -> Image.Image:
    """All on white, row by row, on a sheet that is somewhat wider than high."""
    width = max(drawing.width for drawing in drawings) + MARGIN
    height = max(drawing.height for drawing in drawings) + MARGIN
    columns = min(len(drawings), max(1, ceil(sqrt(len(drawings) * 1.4 * height / width))))
    rows = ceil(len(drawings) / columns)
    columns = ceil(len(drawings) / rows)
    sheet = Image.new("RGB", (columns * width + MARGIN, rows * height + MARGIN), PAPER)
    for at, drawing in enumerate(drawings):
        row, column = divmod(at, columns)
        sheet.paste(drawing, (MARGIN + column * width, MARGIN + row * height))
    return sheet


def png(image: Image.Image) -> bytes:
    """The content of a PNG file."""
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()
