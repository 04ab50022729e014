"""An answer that is itself a picture or a clip, beside what the network was given."""

from __future__ import annotations

from PIL import Image

from netc.runtime.sessions.resident import Array
from netc.runtime.show.draw.example import Example, shown
from netc.runtime.show.draw.kinds.base import Kind
from netc.runtime.show.draw.panel import Line, below, beside, strip, with_lines


def _is_picture(values: Array) -> bool:
    return values.ndim in (3, 4) and values.dtype.kind in "fu" and len(values) in (1, 3) and min(values.shape[-2:]) > 1


def _fits(example: Example) -> str | None:
    return next((name for name, values in example.outputs.items() if _is_picture(values)), None)


def _is_it(example: Example) -> str | None:
    """A picture that no loss compares with classes; of a model without a loss, three channels as large as its input."""
    for name, values in example.outputs.items():
        if not _is_picture(values) or example.meaning.are_classes(len(values)):
            continue
        if example.meaning.predictions is not None and not example.meaning.counts:
            return name
        if len(values) == 3 and (example.size is None or values.shape[-2:] == example.size):
            return name
    return None


def _draw(example: Example, output: str) -> Image.Image:
    values = example.outputs[output]
    low, high = float(values.min()), float(values.max())
    if low >= -0.25 and high <= 1.25:
        low, high, lines = 0.0, 1.0, []
    else:
        low, high = min(0.0, low), max(1.0, high)
        lines = [Line(f"{low:.3g} is black, {high:.3g} white")]
    made = strip(shown(values, low, high))
    if example.frames is None:
        return with_lines(made, lines)
    given = strip(example.frames)
    return with_lines((below if values.ndim == 4 else beside)([given, made]), lines)


IMAGE = Kind("image", "a picture or clip of 1 or 3 channels, [C, H, W] or [C, T, H, W]", _fits, _is_it, _draw)
