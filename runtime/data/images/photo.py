"""One photograph in its own shape."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from netc.runtime.data.images.decode import read_header, read_image


def read_photo(path: str | Path, width: int | None = None, channels: int = 3) -> np.ndarray:
    """A picture `[C, H, W]` from 0 to 1, upright.

    width  it is scaled to, its height along with it; its own unless given

    Raises DiagnosticError E500, E502, E512.
    """
    file = Path(path)
    header = read_header(file)
    factor = 1.0 if width is None else width / header.width
    size = (max(1, round(header.height * factor)), max(1, round(header.width * factor)))
    pixels = read_image(file, channels, size)
    return np.ascontiguousarray(np.moveaxis(pixels, 2, 0).astype(np.float32) / 255)
