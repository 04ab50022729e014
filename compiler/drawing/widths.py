"""How wide text is, where nobody measures it: wide enough for Helvetica, Arial, DejaVu Sans and Pillow's Aileron."""

from __future__ import annotations

PLAIN = (
    32, 40, 46, 84, 64, 95, 78, 27, 39, 39, 56, 84, 32, 36, 32, 34, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 34, 34, 84,
    84, 84, 53, 100, 68, 69, 70, 77, 63, 58, 77, 75, 29, 54, 66, 58, 87, 75, 79, 60, 79, 69, 63, 61, 73, 68, 99, 69, 61,
    69, 39, 34, 39, 84, 50, 50, 61, 63, 55, 63, 62, 35, 63, 63, 28, 28, 58, 28, 97, 63, 61, 63, 63, 41, 52, 39, 63, 59,
    82, 59, 59, 52, 64, 34, 64, 84,
)  # fmt: skip
"""Hundredths of the size for the characters from space to tilde: the widest of the plain faces."""

BOLD = 1.13
"""How much wider bold faces are than that, at most on the whole."""

OTHERS = 100


def width(text: str, size: float, bold: bool = False) -> float:
    """The width of a line of text in pixels, rather too much than too little."""
    hundredths = sum(PLAIN[ord(sign) - 32] if " " <= sign <= "~" else OTHERS for sign in text)
    return hundredths * size * (BOLD if bold else 1) / 100
