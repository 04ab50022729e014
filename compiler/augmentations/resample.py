"""Values of maps between their pixels: along rows and columns by weights, or at any places."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netc.compiler.augmentations.base import Array

AT_ONCE = 1 << 15
"""Pixels that are worked on together, so that they stay in the processor's cache."""


def weights(size: int, start: Array, extent: Array, wanted: int) -> Array:
    """`[N, wanted, size]`: how much each of `size` pixels counts for each wanted one, bilinearly.

    The pixels from `start` on, `extent` of them, are brought to `wanted` ones; shrinking averages over all pixels that
    a new one covers, as antialiased interpolation does. Centres of pixels lie at 0.5, 1.5, …; edges are repeated.
    """
    import numpy as np

    scale = (extent / wanted)[:, None, None]
    centre = start[:, None, None] + (np.arange(wanted)[None, :, None] + 0.5) * scale
    pixels = np.arange(size)
    found = np.maximum(1 - np.abs(pixels + 0.5 - centre) / np.maximum(scale, 1), 0)
    begin = start[:, None, None]
    found *= (pixels >= begin) & (pixels < begin + extent[:, None, None])
    return np.asarray(found / found.sum(axis=-1, keepdims=True), np.float32)


def nearest(start: Array, extent: Array, wanted: int) -> Array:
    """`[N, wanted]`: the pixel in which the centre of each wanted one lies."""
    import numpy as np

    return np.floor(start[:, None] + (np.arange(wanted) + 0.5) * (extent / wanted)[:, None]).astype(np.int64)


def bilinear_at(maps: Array, rows: Array, columns: Array) -> Array:
    """Maps `[N, C, H, W]` of float32 at places `[N, h, w]`, in pixels from the first one's centre; zeros lie around."""
    import numpy as np

    count, channels, height, width = maps.shape
    found = np.empty((count, *rows.shape[1:], channels), np.float32)
    step = max(1, AT_ONCE // (rows.shape[1] * rows.shape[2]))
    for first in range(0, count, step):
        part = slice(first, first + step)
        around = np.pad(maps[part].transpose(0, 2, 3, 1), ((0, 0), (1, 1), (1, 1), (0, 0)))
        top, down = _cell(rows[part], height)
        left, right = _cell(columns[part], width)
        corner = (np.arange(len(around))[:, None, None] * (height + 2) + top) * (width + 2) + left
        pixels = around.reshape(-1, channels)
        above = pixels.take(corner, axis=0)
        above += right * (pixels.take(corner + 1, axis=0) - above)
        corner += width + 2
        below = pixels.take(corner, axis=0)
        below += right * (pixels.take(corner + 1, axis=0) - below)
        found[part] = above + down * (below - above)
    return np.ascontiguousarray(found.transpose(0, 3, 1, 2))


def nearest_at(maps: Array, rows: Array, columns: Array) -> Array:
    """Maps `[N, C, H, W]` of any type at the pixels nearest to places `[N, h, w]`; zeros lie around."""
    import numpy as np

    count, _, height, width = maps.shape
    down, right = (np.floor(places + 0.5).astype(np.int64) for places in (rows, columns))
    inside = (down >= 0) & (down < height) & (right >= 0) & (right < width)
    examples = np.arange(count)[:, None, None]
    found = maps[examples, :, np.clip(down, 0, height - 1), np.clip(right, 0, width - 1)]
    found *= inside[..., None]
    return np.ascontiguousarray(found.transpose(0, 3, 1, 2))


def _cell(places: Array, size: int) -> tuple[Array, Array]:
    """The pixel before each place, counted in the map with zeros around, and how far the place lies behind it."""
    import numpy as np

    inside = np.clip(places, -1, size)
    before = np.minimum(np.floor(inside), size - 1)
    return before.astype(np.int64) + 1, np.asarray(inside - before, np.float32)[..., None]
