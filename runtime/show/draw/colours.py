"""Colours that people with any kind of colour vision tell apart: those of Okabe & Ito (2008)."""

from __future__ import annotations

Colour = tuple[int, int, int]

PALETTE: tuple[Colour, ...] = (
    (230, 159, 0),
    (86, 180, 233),
    (0, 158, 115),
    (240, 228, 66),
    (0, 114, 178),
    (213, 94, 0),
    (204, 121, 167),
)
INK: Colour = (30, 30, 30)
FAINT: Colour = (120, 120, 120)
PAPER: Colour = (255, 255, 255)
BAR: Colour = (205, 220, 235)


def colour_of(number: int) -> Colour:
    """Of a class or a joint; after seven the same come again, each time darker."""
    shade = 0.7 ** (number // len(PALETTE) % 4)
    red, green, blue = PALETTE[number % len(PALETTE)]
    return round(red * shade), round(green * shade), round(blue * shade)


def on(colour: Colour) -> Colour:
    """The colour of letters that can be read on another: black or white."""
    red, green, blue = colour
    return INK if 0.299 * red + 0.587 * green + 0.114 * blue > 130 else PAPER
