"""Whether a file held every pixel of its image: decoders fill in rows that are missing, and say nothing."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from netc.runtime.data.images.opened import MissingError, open_again

FILLS = (85, 170)
"""What pixels hold before they are decoded; those that nobody writes hold it afterwards, whichever of the two it is."""
WRITTEN = frozenset({"PNG", "TIFF"})
"""Formats of which a whole image writes each pixel once; in others pixels may be left out, or decoders say so."""
JPEGS = frozenset({"JPEG", "MPO"})
"""MPO is what Pillow calls a JPEG behind whose picture others follow, though it is opened as a JPEG."""
GREY = range(126, 131)
"""What libjpeg makes of blocks that aren't there."""
ONES = b"\xff\x00" * 8
"""Bits that begin no Huffman code: libjpeg reads some bytes ahead, and makes nothing of these."""
ENDS_EARLY = "its pixels end before its last row"
BASELINE, PROGRESSIVE = frozenset({0xC0, 0xC1}), 0xC2
START, SCAN, END = 0xD8, 0xDA, 0xD9
ALONE = frozenset({0x01, START, *range(0xD0, 0xD8)})


def load_whole(image: Any) -> Any:
    """An image that was opened, decoded. Raises MissingError where rows are missing, else what Pillow raises."""
    stream = image.fp
    if image.format in WRITTEN:
        _fill(image, FILLS[0])
        image.load()
        left = _holding(image, FILLS[0])
        return _filled_anew(stream, image, left) if left else image
    image.load()
    if image.format in JPEGS:
        _check_jpeg(stream, image)
    return image


def _fill(image: Any, level: int) -> None:
    from PIL import Image

    bands = len(image.getbands())
    size = getattr(image, "_tile_size", image.size)  # TIFF turns its pixels upright while it loads
    image.im = Image.new(image.mode, size, level if bands == 1 else (level,) * bands).im


def _holding(image: Any, level: int) -> set[tuple[int, int]]:
    """Where the fill is left near a corner: rows are missing at the end, which an image's turn may put anywhere."""
    width, height = image.size
    columns, rows = ({0, min(1, length - 1), max(length - 2, 0), length - 1} for length in (width, height))
    return {(x, y) for x in columns for y in rows if _bands(image.getpixel((x, y))) == {level}}


def _filled_anew(stream: Any, image: Any, left: set[tuple[int, int]]) -> Any:
    """The same image, where what was `left` are its own pixels; MissingError where another fill is left there too."""
    from PIL import Image

    image.im = Image.new("L", (1, 1)).im  # so that both are never held at once
    stream.seek(0)
    again = open_again(stream)
    _fill(again, FILLS[1])
    again.load()
    if left & _holding(again, FILLS[1]):
        raise MissingError(ENDS_EARLY)
    return again


def _bands(pixel: Any) -> set[int]:
    return set(pixel) if isinstance(pixel, tuple) else {pixel}


def _check_jpeg(stream: Any, image: Any) -> None:
    """Raises MissingError for a JPEG of which blocks of a single scan, or whole scans, are missing."""
    stream.seek(0)
    content = stream.read()
    corner = image.size[0] - 1, image.size[1] - 1
    grey = _bands(image.getpixel(corner)) <= set(GREY)
    frame, scans, end = b"", _Scans(), 0
    for mark, body, at in _segments(content):
        if mark in BASELINE or mark == PROGRESSIVE:
            frame = body
        elif mark == SCAN and frame:
            scans.add(body)
            if not grey and body[:1] == frame[5:6] and scans.are_all_of(frame):
                return  # all of it in a scan that filled the corner
        elif mark == END:
            end = at
    if not frame or not scans.count:
        return
    if not scans.are_all_of(frame):
        raise MissingError("some of its scans are missing")
    if scans.count == 1 and end and not _reaches(content[:end] + ONES, corner):
        raise MissingError(ENDS_EARLY)


def _reaches(content: bytes, corner: tuple[int, int]) -> bool:
    """Whether a JPEG without its end mark writes its last pixel: libjpeg waits for the blocks that are missing."""
    with open_again(BytesIO(content)) as image:
        try:
            image.load()
        except OSError:
            return _bands(image.im.getpixel(corner)) != {0}
    return True


@dataclass(slots=True)
class _Scans:
    """What the scans of a JPEG have brought so far, kept up to date so that each is looked at once.

    begun    the colours whose first coefficient is there
    lacking  of each colour a bit for every coefficient of which the last bits are not there
    """

    count: int = 0
    begun: set[int] = field(default_factory=set)
    lacking: dict[int, int] = field(default_factory=dict)

    def add(self, scan: bytes) -> None:
        """Take the head of the next scan."""
        colours = scan[0]
        low, high, precision = scan[1 + 2 * colours : 4 + 2 * colours]
        brought = sum(1 << coefficient for coefficient in range(low, min(high, 63) + 1))
        for colour in scan[1 : 1 + 2 * colours : 2]:
            before = self.lacking.get(colour, 0)
            self.lacking[colour] = before | brought if precision & 15 else before & ~brought
            if low == 0:
                self.begun.add(colour)
        self.count += 1

    def are_all_of(self, frame: bytes) -> bool:
        """Whether each colour has a scan, and every coefficient that was begun is there to its last bit."""
        colours = frame[6 : 6 + 3 * frame[5] : 3]
        return self.begun.issuperset(colours) and not any(self.lacking.values())


def _segments(content: bytes) -> Iterator[tuple[int, bytes, int]]:
    """The mark, the content and the place of each segment of a JPEG, to its end mark."""
    at = 0
    while True:
        at = content.find(b"\xff", at)
        if at < 0 or at + 1 >= len(content):
            return
        mark = content[at + 1]
        if mark in (0x00, 0xFF) or mark in ALONE:
            at += 1 if mark == 0xFF else 2
            continue
        if mark == END:
            yield mark, b"", at
            return
        if at + 4 > len(content):
            return
        (length,) = struct.unpack_from(">H", content, at + 2)
        yield mark, content[at + 4 : at + 2 + length], at
        at += 2 + max(length, 2)
