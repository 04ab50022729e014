"""Image files: decoding one, and a column of them that is decoded when it is asked for."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.data import signatures
from netc.runtime.data.errors import damaged, error, first_bytes, shape_text, unreadable

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

SUFFIXES = frozenset(suffix for suffixes in FORMATS.values() for suffix in suffixes)
GREY = frozenset({"1", "L", "LA", "I", "I;16", "I;16B", "I;16L"})
SIDEWAYS = frozenset({5, 6, 7, 8})
ORIENTATION = 0x0112


@dataclass(frozen=True, slots=True)
class Header:
    """Height and width in pixels, turned upright, and whether the file holds colour."""

    height: int
    width: int
    colour: bool


def read_header(path: Path) -> Header:
    """Size and colour without decoding the pixels. Raises E500, E502 or E512."""

    def read(image: Any) -> Header:
        width, height = image.size
        needs_pixels = image.format == "PNG" and "exif" not in image.info  # there getexif would decode the image
        if not needs_pixels and image.getexif().get(ORIENTATION) in SIDEWAYS:
            width, height = height, width
        return Header(height, width, image.mode not in GREY)

    return read_with(path, read)


def read_image(path: Path, channels: int, size: tuple[int, int] | None = None) -> np.ndarray:
    """The upright image as uint8 [H, W, channels]; transparency is dropped, 16 bits become 8.

    size  [height, width] to scale to; the image covers it and what sticks out is cut off evenly.
    Raises E500, E502 or E512.
    """

    def read(image: Any) -> np.ndarray:
        from PIL import Image, ImageOps

        image.load()
        image = ImageOps.exif_transpose(image)
        if image.mode.startswith("I"):
            image = Image.fromarray((np.clip(np.asarray(image).astype(np.int64), 0, 65_535) // 257).astype(np.uint8))
        elif image.mode == "F":
            raise ValueError("pixels are floats, expected 8 or 16 bits")
        image = image.convert("L" if channels == 1 else "RGB")
        if size is not None and image.size != (size[1], size[0]):
            image = ImageOps.fit(image, (size[1], size[0]), Image.Resampling.BILINEAR)
        return np.asarray(image, np.uint8).reshape(image.size[1], image.size[0], channels)

    return read_with(path, read)


def read_with(path: Path, read: Callable[[Any], Result]) -> Result:
    """Open an image and read it: the only place that does.

    A file counts by its content, whatever its name ends in. Raises E512 where that is of a format that isn't read;
    whatever a decoder throws becomes E502 with the file's name.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with path.open("rb") as stream, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(stream, formats=tuple(FORMATS)) as image:
                return read(image)
    except UnidentifiedImageError:
        raise _no_image(path) from None
    except Image.DecompressionBombError:
        most = 2 * (Image.MAX_IMAGE_PIXELS or 0)
        raise damaged(path, f"image claims more than {most:,} pixels, the most that are decoded") from None
    except OSError as reason:
        if reason.errno is not None:
            raise unreadable(path, reason) from None
        raise damaged(path, f"image cannot be decoded: {_lower(reason)}") from None
    except Exception as reason:  # decoders of hostile files raise anything: struct.error, SyntaxError, MemoryError, …
        raise damaged(path, f"image cannot be decoded: {_lower(reason)}") from None


def _no_image(path: Path) -> DiagnosticError:
    """The finding for a file that no decoder takes."""
    first = first_bytes(path, signatures.COUNT)
    formats = f"images are read as {', '.join(FORMATS)}"
    found, begun = signatures.foreign(first), signatures.begins_as(first)
    if found is not None:
        return error("E512", f"{path} is {found}", formats, help="convert it to PNG, or take it away")
    return damaged(path, f"a {begun} image whose header is cut off or damaged" if begun else "not an image", formats)


def check_complete(path: Path) -> None:
    """Find a cut-off JPEG or PNG, without decoding one whose end mark stands near its end. Raises E502.

    Cameras write other things after the picture; only decoding tells those files from ones that are cut off.
    """
    marks = {".jpg": b"\xff\xd9", ".jpeg": b"\xff\xd9", ".png": b"IEND\xaeB`\x82"}
    mark = marks.get(path.suffix.lower())
    if mark is None:
        return
    with path.open("rb") as stream:
        end = stream.seek(0, 2)
        stream.seek(max(0, end - 4096))
        if mark in stream.read():
            return
    try:
        read_image(path, 3)
    except DiagnosticError:
        raise damaged(path, "image is cut off: its end mark is missing") from None


@dataclass(frozen=True, slots=True)
class Images:
    """A column of image files, uint8 [rows, H, W, channels], decoded when rows are asked for."""

    paths: Sequence[Path]
    size: tuple[int, int]
    channels: int
    resize: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """(rows, H, W, channels)."""
        return (len(self.paths), *self.size, self.channels)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Bytes."""
        return np.dtype(np.uint8)

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, rows: Any) -> np.ndarray:
        chosen = np.atleast_1d(np.arange(len(self.paths))[rows])
        out = np.empty((len(chosen), *self.size, self.channels), np.uint8)
        for position, row in enumerate(chosen):
            image = read_image(self.paths[row], self.channels, self.size if self.resize else None)
            if image.shape[:2] != self.size:
                sizes = shape_text(image.shape[:2]), shape_text(self.size)
                raise damaged(self.paths[row], f"image is {sizes[0]} pixels once decoded, its header says {sizes[1]}")
            out[position] = image
        return out

    def take(self, rows: np.ndarray) -> Images:
        """The column of these rows alone."""
        return Images([self.paths[row] for row in rows], self.size, self.channels, self.resize)


def _lower(reason: Exception) -> str:
    text = str(reason).strip().rstrip(".") or type(reason).__name__
    return text[:1].lower() + text[1:]
