"""Colour of 16 bits, of which Pillow hands out the upper half: the same file decoded again gives the lower one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

from netc.runtime.data.images.opened import read_with

HALF = 256
AT_ONCE = 1 << 20
"""Pixels that are blended at a time: as real numbers they take more memory than the image."""
LUMINANCE = (0.299, 0.587, 0.114)
SWAPPED = {"16B": "16L", "16L": "16B", "16N": "16B" if sys.byteorder == "little" else "16L"}
"""Read in the other order of bytes, a sample's lower half stands where its upper one is looked for."""


def is_wide(image: Any) -> bool:
    """Whether an image that is not decoded yet stores more than 8 bits of each colour."""
    modes, numbers = _arguments(image)
    return any(";16" in mode for mode in modes) or (image.format == "PPM" and any(item > 255 for item in numbers))


def is_readable(image: Any) -> bool:
    """Whether both halves can be had: of RGB and RGBA in PNG and TIFF."""
    return image.mode in ("RGB", "RGBA") and bool(image.tile) and all(_other(tile) for tile in image.tile)


def wide_levels(path: Path, upper: Any, background: str, top: int) -> np.ndarray:
    """The levels of a readable wide image, uint16 [H, W, 3], over a background `#rrggbb`.

    upper  the image as Pillow decodes it, upright;  top: the level that 255 of the background becomes
    """
    levels: np.ndarray = np.array(upper, np.uint16)
    levels *= np.uint16(HALF)
    levels += read_with(path, _lower)
    behind = np.array([round(int(background[at : at + 2], 16) * top / 255) for at in (1, 3, 5)], np.uint16)
    colours = levels[:, :, :3]
    if levels.shape[2] == 4:
        step = max(1, AT_ONCE // max(1, levels.shape[1]))
        for start in range(0, len(levels), step):
            rows = levels[start : start + step]
            alpha = rows[:, :, 3:] / 65_535
            rows[:, :, :3] = np.rint(rows[:, :, :3] * alpha + behind * (1 - alpha)).astype(np.uint16)
    transparent = upper.info.get("transparency")
    if isinstance(transparent, tuple):
        colours[(colours == transparent).all(axis=2)] = behind
    return colours


def grey(colours: np.ndarray) -> np.ndarray:
    """Luminance, [H, W, 1]."""
    levels: np.ndarray = np.rint(colours @ np.array(LUMINANCE)).astype(np.uint16)
    return levels[:, :, None]


def _lower(image: Any) -> np.ndarray:
    from PIL import ImageOps

    image.tile = [(tile[0], tile[1], tile[2], _other(tile)) for tile in image.tile]
    image.load()
    ImageOps.exif_transpose(image, in_place=True)
    return np.array(image, np.uint8)


def _other(tile: Any) -> Any:
    """A tile's arguments with the other order of bytes, None where there is no such."""
    mode = tile[3][0] if isinstance(tile[3], tuple) else tile[3]
    if not isinstance(mode, str) or mode.partition(";")[0] not in ("RGB", "RGBA"):
        return None
    order = SWAPPED.get(mode.partition(";")[2])
    swapped = None if order is None else f"{mode.partition(';')[0]};{order}"
    return (swapped, *tile[3][1:]) if swapped is not None and isinstance(tile[3], tuple) else swapped


def _arguments(image: Any) -> tuple[list[str], list[int]]:
    items = [item for tile in image.tile for item in (tile[3] if isinstance(tile[3], tuple) else (tile[3],))]
    return [item for item in items if isinstance(item, str)], [item for item in items if isinstance(item, int)]
