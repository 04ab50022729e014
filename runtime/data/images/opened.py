"""Image files: which formats are read, and the one place that opens them."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from netc.grammar.counted import counted
from netc.grammar.diagnostics import DiagnosticError
from netc.grammar.limits import PIXELS, RATIO
from netc.grammar.opening import open_file
from netc.runtime.data import signatures
from netc.runtime.data.errors import damaged, error, first_bytes, unreadable

Result = TypeVar("Result")
FORMATS = {
    "PNG": (".png",),
    "JPEG": (".jpg", ".jpeg"),
    "BMP": (".bmp",),
    "GIF": (".gif",),
    "WEBP": (".webp",),
    "TIFF": (".tif", ".tiff"),
    "PPM": (".ppm", ".pgm"),
}
"""What is read as an image, by Pillow's names, and how such files are called.

Pillow has more, and one of those starts a program: Ghostscript, for whatever begins as PostScript.
"""

FREE = 1 << 22
"""Pixels that an image may have, however small its file is."""

BLANK = 10
"""So many times what other files may unpack to an image may: 2,000 bytes a byte. Blank PNGs reach 1,030, GIFs 1,300,
lossy WebPs and faxes 2,000."""

SUFFIXES = frozenset(suffix for suffixes in FORMATS.values() for suffix in suffixes)


class MissingError(OSError):
    """Pixels that a file doesn't hold."""


def read_with(path: Path, read: Callable[[Any], Result]) -> Result:
    """Open an image and read it: the only place that does.

    A file counts by its content, whatever its name ends in. Raises E512 where that is of a format that isn't read;
    whatever a decoder throws becomes E502 with the file's name.
    """
    from PIL import Image, UnidentifiedImageError

    _lift(Image)
    try:
        with open_file(path) as stream, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(stream, formats=tuple(FORMATS)) as image:
                if image.width * image.height > PIXELS.value:
                    size = f"{image.width:,} x {image.height:,} pixels"
                    raise _too_large(path, size, image.width * image.height)
                _check_packed(path, image, os.fstat(stream.fileno()).st_size)
                return read(image)
    except UnidentifiedImageError:
        raise _no_image(path) from None
    except Image.DecompressionBombError as reason:
        said = re.search(r"\d+", str(reason))
        pixels = int(said[0]) if said else 2 * (Image.MAX_IMAGE_PIXELS or 0)
        raise _too_large(path, f"{pixels:,} pixels", pixels) from None
    except DiagnosticError:
        raise
    except OSError as reason:
        if reason.errno is not None:
            raise unreadable(path, reason) from None
        what = "is cut off" if isinstance(reason, MissingError) or "truncated" in str(reason) else "cannot be decoded"
        raise damaged(path, f"image {what}: {_lower(reason)}") from None
    except Exception as reason:  # decoders of hostile files raise anything: struct.error, SyntaxError, MemoryError, …
        raise damaged(path, f"image cannot be decoded: {_lower(reason)}") from None


def open_again(stream: BinaryIO) -> Any:
    """An image of which `read_with` opened the file, once more from its beginning, or from what is left of it."""
    from PIL import Image

    return Image.open(stream, formats=tuple(FORMATS))


def _lift(pillow: Any) -> None:
    """Let Pillow open what the environment allows beyond its own limit, which is of twice the number that it keeps."""
    if pillow.MAX_IMAGE_PIXELS is not None and PIXELS.value > max(PIXELS.default, 2 * pillow.MAX_IMAGE_PIXELS):
        pillow.MAX_IMAGE_PIXELS = PIXELS.value


def _check_packed(path: Path, image: Any, held: int) -> None:
    """Refuse an image of far more pixels than a file of `held` bytes has room for; raises DiagnosticError E533."""
    pixels = image.width * image.height
    if pixels > FREE and pixels * _bits(image) > 8 * BLANK * RATIO.value * held:
        message = (
            f"{path} claims to be an image of {image.width:,} x {image.height:,} pixels in {counted(held, 'byte')}"
        )
        note = f"an image may have {BLANK} times as much, since blank ones are small"
        asked = -(-pixels * _bits(image) // (8 * BLANK * held))
        raise RATIO.error(message, help="save it anew as a PNG, or make it smaller", note=note, asked=asked)


def _bits(image: Any) -> int:
    """How many bits a pixel has in the file, before it is packed: `P;4` has 4, `RGB;16B` three times 16."""
    if image.mode == "1":
        return 1
    raw = image.tile[0][3] if image.format == "PNG" and image.tile else ""
    said = re.search(r";(\d+)", raw) if isinstance(raw, str) else None
    each = int(said[1]) if said else 16 if image.mode.startswith("I") else 8
    return each * len(image.getbands())


def _too_large(path: Path, pixels: str, count: int) -> DiagnosticError:
    return PIXELS.error(f"{path} claims to be an image of {pixels}", help="make it smaller", asked=count)


def _no_image(path: Path) -> DiagnosticError:
    """The finding for a file that no decoder takes."""
    first = first_bytes(path, signatures.COUNT)
    formats = f"images are read as {', '.join(FORMATS)}"
    found, begun = signatures.foreign(first), signatures.begins_as(first)
    if found is not None:
        return error("E512", f"{path} is {found}", formats, help="convert it to PNG, or take it away")
    return damaged(path, f"a {begun} image whose header is cut off or damaged" if begun else "not an image", formats)


def _lower(reason: Exception) -> str:
    text = str(reason).strip().rstrip(".") or type(reason).__name__
    return text[:1].lower() + text[1:]
