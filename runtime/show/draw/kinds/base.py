"""What a kind of drawing declares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image

from netc.runtime.show.draw.example import Example

Finder = Callable[[Example], str | None]


@dataclass(frozen=True, slots=True)
class Kind:
    """A way to draw answers.

    word   what `--as` calls it
    takes  which outputs it draws, for messages
    fits   the output that may be drawn so, or None
    is_it  the output whose name, type or loss says that it is that and nothing else, or None
    draw   an example, and the output that was found
    """

    word: str
    takes: str
    fits: Finder
    is_it: Finder
    draw: Callable[[Example, str], Image.Image]
