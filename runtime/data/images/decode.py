"""One image file as pixels: upright, without transparency, with all its levels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from netc.grammar.diagnostics import DiagnosticError
from netc.grammar.opening import open_file
from netc.runtime.data.errors import error
from netc.runtime.data.images.opened import read_with
from netc.runtime.data.images.whole import load_whole
from netc.runtime.data.images.wide import grey, is_readable, is_wide, wide_levels

GREY = frozenset({"1", "L", "LA", "La", "I", "I;16", "I;16B", "I;16L"})
ALPHA = frozenset({"LA", "La", "PA", "RGBA", "RGBa"})
SIDEWAYS = frozenset({5, 6, 7, 8})
ORIENTATION, BITS = 0x0112, 258
WHITE = "#ffffff"
LEVELS = 65_535
PER_BYTE = 257
"""What a level of 8 bits is in 16: 255 becomes 65,535."""


@dataclass(frozen=True, slots=True)
class Header:
    """Height and width in pixels, turned upright, and what the file holds.

    deep     more than 8 bits of grey or of each colour
    reduced  more than 8 bits, of which 8 are read
    several  more than one picture: frames of a film, or pages, of which the first is read
    """

    height: int
    width: int
    colour: bool
    transparent: bool
    deep: bool
    reduced: bool
    several: bool = False


def read_header(path: Path) -> Header:
    """What the file says before its pixels are decoded. Raises E500, E502 or E512."""

    def read(image: Any) -> Header:
        _check_kind(path, image)
        width, height = image.size
        needs_pixels = image.format == "PNG" and "exif" not in image.info  # there getexif would decode the image
        if not needs_pixels and image.getexif().get(ORIENTATION) in SIDEWAYS:
            width, height = height, width
        deep = image.mode.startswith("I") or is_readable(image)
        colour, transparent, reduced = image.mode not in GREY, _has_alpha(image), not deep and is_wide(image)
        return Header(height, width, colour, transparent, deep, reduced, _has_several(image))

    return read_with(path, read)


def read_image(
    path: Path,
    channels: int,
    size: tuple[int, int] | None = None,
    *,
    background: str = WHITE,
    deep: bool = False,
    top: int = LEVELS,
) -> np.ndarray:
    """The upright image as [H, W, channels], uint8 or for `deep` uint16, where bytes are stretched to `top`.

    size        [height, width] to scale to; the image covers it and what sticks out is cut off evenly
    background  what stands behind transparent pixels, as `#rrggbb`
    top         the level that a byte's 255 becomes

    Raises E500, E502 or E512.
    """

    def read(image: Any) -> np.ndarray:
        from PIL import ImageOps

        _check_kind(path, image)
        wide = deep and is_readable(image)
        image = load_whole(image)
        ImageOps.exif_transpose(image, in_place=True)
        if image.mode.startswith("I"):
            levels = _resized(_levels(path, image, background, top), size)
            values = levels if deep else levels // PER_BYTE
            values = np.broadcast_to(values[:, :, None], (*values.shape, channels))
        elif wide:
            colours = wide_levels(path, image, background, top)
            maps = [_resized(one, size) for one in np.moveaxis(grey(colours) if channels == 1 else colours, 2, 0)]
            values = np.stack(maps, axis=2)
        else:
            values = _bytes(image, channels, size, background)
            values = np.rint(np.arange(256) * (top / 255)).astype(np.uint16)[values] if deep else values
        return np.ascontiguousarray(values, np.uint16 if deep else np.uint8)

    return read_with(path, read)


def check_decodes(path: Path) -> None:
    """Find a damaged file by decoding it, unless it ends as a whole JPEG or PNG does. Raises E500, E502, E512.

    Cameras write other things after the picture; only decoding tells those files from ones that are cut off.
    """
    marks = {".jpg": b"\xff\xd9", ".jpeg": b"\xff\xd9", ".png": b"IEND\xaeB`\x82"}
    mark = marks.get(path.suffix.lower())
    if mark is not None:
        with open_file(path) as stream:
            end = stream.seek(0, 2)
            stream.seek(max(0, end - 4096))
            if mark in stream.read():
                return
    read_image(path, 3)


def _bytes(image: Any, channels: int, size: tuple[int, int] | None, background: str) -> np.ndarray:
    from PIL import Image, ImageOps

    if _has_alpha(image):
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, background), image)
    mode = "L" if channels == 1 else "RGB"
    image = image if image.mode == mode else image.convert(mode)
    if size is not None and image.size != (size[1], size[0]):
        image = ImageOps.fit(image, (size[1], size[0]), Image.Resampling.BILINEAR)
    return np.asarray(image, np.uint8).reshape(image.size[1], image.size[0], channels)


def _check_kind(path: Path, image: Any) -> None:
    """Refuse pixels that are no levels of grey or colour, or of which nobody says what white is; raises E512."""
    if image.mode == "F":
        raise _unread(path, "floats")
    if image.mode == "LAB":
        raise _unread(path, "the colours L*a*b*")
    if image.format == "TIFF" and image.mode == "I" and max(image.tag_v2.get(BITS, (1,))) > 16:
        raise _unread(path, "whole numbers of 32 bits")


def _unread(path: Path, what: str) -> DiagnosticError:
    help = "convert it to grey or RGB of 8 or 16 bits, or save its numbers in an .npz, where `:scale=` divides them"
    return error(
        "E512", f"the pixels of {path} are {what}", "pixels are read as 8 or 16 bits of grey or RGB", help=help
    )


def _levels(path: Path, image: Any, background: str, top: int) -> np.ndarray:
    """Grey of more than 8 bits as int32 [H, W]."""
    from PIL import Image

    levels: np.ndarray = np.array(image, np.int32)
    low, high = (int(levels.min()), int(levels.max())) if levels.size else (0, 0)
    if low < 0 or high > LEVELS:
        raise _unread(path, f"numbers from {low:,} to {high:,}")
    transparent = image.info.get("transparency")
    if isinstance(transparent, int):
        behind = int(np.asarray(Image.new("RGB", (1, 1), background).convert("L"))[0, 0])
        levels[levels == transparent] = round(behind * top / 255)
    return levels


def _resized(levels: np.ndarray, size: tuple[int, int] | None) -> np.ndarray:
    from PIL import Image, ImageOps

    if size is None or levels.shape == size:
        return levels
    image = ImageOps.fit(Image.fromarray(levels.astype(np.float32)), (size[1], size[0]), Image.Resampling.BILINEAR)
    scaled: np.ndarray = np.clip(np.rint(np.asarray(image)), 0, LEVELS).astype(np.int32)
    return scaled


def _has_several(image: Any) -> bool:
    """Whether there are more frames or pages; of a file that breaks behind its first one nothing else is read."""
    try:
        return bool(getattr(image, "is_animated", False))
    except Exception:  # whatever a decoder throws at bytes behind the frame that is read
        return False


def _has_alpha(image: Any) -> bool:
    return image.mode in ALPHA or "transparency" in image.info
