"""A drawing as PNG, painted by Pillow, which netc needs anyway: no browser, no library of the system, no font of its.

All is painted three times as large and made smaller, for Pillow's lines have no smooth edges. Letters are those of the
font that Pillow brings, so that a machine's fonts don't matter.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import pairwise
from math import cos, pi, sin
from typing import TYPE_CHECKING, Any

from netc.compiler.drawing import palette
from netc.compiler.drawing.model import Drawing
from netc.compiler.drawing.scene import Path, Rect, Scene, Text, scene
from netc.compiler.drawing.svg import tip_of

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

SMOOTH = 3
"""How many times larger it is painted than it is kept."""
MOST = 120_000_000
"""Pixels that are painted at most: a drawing of more is kept smaller."""
PER_CURVE = 24


def png(drawing: Drawing, theme: str = "light", columns: int | None = None, scale: float = 2.0) -> bytes:
    """The drawing as the content of a PNG file.

    theme  `light` or `dark`; `auto` is light, for a PNG has one set of colours
    scale  pixels for one of SVG's
    """
    from PIL import Image, ImageDraw

    painted = scene(drawing, columns)
    area = painted.width * painted.height * (scale * SMOOTH) ** 2
    factor = scale * SMOOTH * min(1.0, (MOST / area) ** 0.5)
    size = (round(painted.width * factor), round(painted.height * factor))
    colours = palette.DARK if theme == "dark" else palette.LIGHT
    image = Image.new("RGB", size, colours["paper"][0])
    _Brush(ImageDraw.Draw(image), factor, theme == "dark").paint(painted)
    small = image.resize((round(size[0] / SMOOTH), round(size[1] / SMOOTH)), Image.Resampling.BOX)
    content = io.BytesIO()
    small.save(content, "PNG", optimize=True)
    return content.getvalue()


class _Brush:
    """Paints shapes, in pixels that are `factor` times as many as a scene's."""

    def __init__(self, draw: ImageDraw, factor: float, dark: bool) -> None:
        self.draw, self.factor, self.which = draw, factor, int(dark)
        self.fills = palette.DARK if dark else palette.LIGHT
        self.fonts: dict[float, Any] = {}

    def paint(self, painted: Scene) -> None:
        """All shapes in their order."""
        for shape in painted.shapes:
            if isinstance(shape, Rect):
                self.rect(shape)
            elif isinstance(shape, Text):
                self.text(shape)
            elif isinstance(shape, Path):
                self.path(shape)

    def rect(self, shape: Rect) -> None:
        """A rectangle with round corners; with a dashed outline where its state has one."""
        group, *more = shape.style.split()
        fill, line = self.fills[group]
        dash = next((palette.DASHES[name] for name in more if name in palette.DASHES), None)
        box = [v * self.factor for v in (shape.x, shape.y, shape.x + shape.width, shape.y + shape.height)]
        wide = max(1, round(self.factor))
        radius = min(shape.radius, shape.height / 2, shape.width / 2)
        self.draw.rounded_rectangle(box, radius * self.factor, fill, line if dash is None else None, wide)
        if dash is not None:
            self.dashed(list(_outline(shape, radius)), line, dash, 1.0)

    def text(self, shape: Text) -> None:
        """A line of text. Bold letters are painted twice."""
        size = shape.size * self.factor
        if size not in self.fonts:
            from PIL import ImageFont

            self.fonts[size] = ImageFont.load_default(size)
        at = (shape.x * self.factor, shape.y * self.factor)
        text = shape.text.replace("×", "x")  # the font has no such sign
        colour = palette.TEXT[shape.style][self.which]
        for aside in (0.0, 0.5 * self.factor) if shape.style == "head" else (0.0,):
            self.draw.text((at[0] + aside, at[1]), text, colour, self.fonts[size], "rs" if shape.right else "ls")

    def path(self, shape: Path) -> None:
        """A line, and the arrow at its end."""
        colour = palette.LINE[shape.style][self.which]
        points = list(_points(shape))
        if shape.style in palette.DASHES:
            self.dashed(points, colour, palette.DASHES[shape.style], 1.4)
        else:
            self.line(points, colour, 1.4)
        if shape.arrow:
            self.draw.polygon([(x * self.factor, y * self.factor) for x, y in tip_of(shape)], colour)

    def line(self, points: list[tuple[float, float]], colour: str, wide: float) -> None:
        """A line through points."""
        scaled = [(x * self.factor, y * self.factor) for x, y in points]
        self.draw.line(scaled, colour, max(1, round(wide * self.factor)), joint="curve")

    def dashed(self, points: list[tuple[float, float]], colour: str, dash: tuple[float, float], wide: float) -> None:
        """A line with gaps."""
        left, on = dash[0], True
        piece = [points[0]]
        for (x, y), (to_x, to_y) in pairwise(points):
            length = ((to_x - x) ** 2 + (to_y - y) ** 2) ** 0.5
            gone = 0.0
            while length - gone > left:
                gone += left
                at = (x + (to_x - x) * gone / length, y + (to_y - y) * gone / length)
                if on:
                    self.line([*piece, at], colour, wide)
                on = not on
                piece, left = [at], dash[0 if on else 1]
            left -= length - gone
            piece.append((to_x, to_y))
        if on and len(piece) > 1:
            self.line(piece, colour, wide)


def _points(shape: Path) -> Iterator[tuple[float, float]]:
    """The points of a path, curves in short pieces."""
    (x, y), *rest = shape.points
    yield x, y
    for to_x, to_y in rest:
        if not shape.square and abs(to_x - x) >= 0.05:
            middle = (y + to_y) / 2
            for step in range(1, PER_CURVE):
                t = step / PER_CURVE
                a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
                yield (a + b) * x + (c + d) * to_x, a * y + (b + c) * middle + d * to_y
        yield to_x, to_y
        x, y = to_x, to_y


def _outline(shape: Rect, radius: float) -> Iterator[tuple[float, float]]:
    """The outline of a rectangle with round corners, from the middle of its top and back."""
    left, top, right, low = shape.x, shape.y, shape.x + shape.width, shape.y + shape.height
    start = ((left + right) / 2, top)
    yield start
    corners = ((right, top, -1, 1), (right, low, -1, -1), (left, low, 1, -1), (left, top, 1, 1))
    for at, (x, y, inward_x, inward_y) in enumerate(corners):
        for step in range(7):
            angle = pi / 2 * (at - 1 + step / 6)
            yield x + inward_x * radius + radius * cos(angle), y + inward_y * radius + radius * sin(angle)
    yield start
