"""The parts of a drawing: pictures enlarged by whole numbers, lines of text below, a title above."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from netc.runtime.sessions.resident import Array
from netc.runtime.show.draw.colours import BAR, FAINT, INK, PAPER, Colour

SIDE, FRAME_SIDE, FRAMES = 256, 112, 8
LETTERS, LINE, GAP = 14, 20, 6
LEAST_WIDTH = 200


@dataclass(frozen=True, slots=True)
class Line:
    """A line below a picture: a text, with a coloured square before it or a bar of a share from 0 to 1 behind it."""

    text: str
    colour: Colour | None = None
    share: float | None = None


def font(size: int = LETTERS) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's own letters."""
    return ImageFont.load_default(size)


def factor(height: int, width: int, side: int = SIDE) -> int:
    """By how much a picture is enlarged so that its longer side comes near `side`."""
    return max(1, side // max(height, width))


def enlarged(picture: Array, side: int = SIDE) -> Image.Image:
    """Bytes [H, W, 3] as an image whose pixels stay squares."""
    height, width = picture.shape[:2]
    by = factor(height, width, side)
    return Image.fromarray(np.ascontiguousarray(picture)).resize((width * by, height * by), Image.Resampling.NEAREST)


def strip(clip: Array) -> Image.Image:
    """Bytes [T, H, W, 3]: one picture, or up to eight frames from first to last side by side."""
    if len(clip) == 1:
        return enlarged(clip[0])
    chosen = np.unique(np.linspace(0, len(clip) - 1, min(len(clip), FRAMES)).round().astype(int))
    return beside([enlarged(clip[at], FRAME_SIDE) for at in chosen], gap=2)


def beside(images: Sequence[Image.Image], gap: int = GAP) -> Image.Image:
    """Images from left to right."""
    width = sum(image.width for image in images) + gap * (len(images) - 1)
    sheet = Image.new("RGB", (width, max(image.height for image in images)), PAPER)
    left = 0
    for image in images:
        sheet.paste(image, (left, 0))
        left += image.width + gap
    return sheet


def below(images: Sequence[Image.Image], gap: int = GAP) -> Image.Image:
    """Images from top to bottom."""
    height = sum(image.height for image in images) + gap * (len(images) - 1)
    sheet = Image.new("RGB", (max(image.width for image in images), height), PAPER)
    top = 0
    for image in images:
        sheet.paste(image, (0, top))
        top += image.height + gap
    return sheet


def with_lines(image: Image.Image | None, lines: Sequence[Line]) -> Image.Image:
    """A picture, or nothing, with lines below it."""
    if not lines:
        assert image is not None
        return image
    width = max(LEAST_WIDTH, 0 if image is None else image.width)
    text = Image.new("RGB", (width, LINE * len(lines)), PAPER)
    pen = ImageDraw.Draw(text)
    for row, line in enumerate(lines):
        top = row * LINE
        left = 2
        if line.share is not None:
            pen.rectangle((0, top + 1, round(line.share * (width - 1)), top + LINE - 3), fill=BAR)
        if line.colour is not None:
            pen.rectangle((2, top + 3, 15, top + 16), fill=line.colour, outline=INK)
            left = 22
        pen.text((left, top + 1), cut(line.text, width - left), fill=INK, font=font())
    return text if image is None else below([image, text])


def titled(image: Image.Image, title: str) -> Image.Image:
    """A picture with its name above it."""
    if not title:
        return image
    head = Image.new("RGB", (image.width, LINE), PAPER)
    ImageDraw.Draw(head).text((0, 1), cut(title, image.width), fill=FAINT, font=font())
    return below([head, image], gap=0)


def cut(text: str, width: int) -> str:
    """As much of a text as has room, with dots where it goes on."""
    letters = font()
    if letters.getlength(text) <= width:
        return text
    while text and letters.getlength(text + "...") > width:
        text = text[:-1]
    return text + "..."


def wrapped(text: str, width: int) -> list[str]:
    """A text in lines that have room."""
    letters = font()
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and letters.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
