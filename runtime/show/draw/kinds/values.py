"""Numbers by name, below the picture: what is measured, or what each action is worth."""

from __future__ import annotations

import numpy as np
from PIL import Image

from netc.runtime.sessions.resident import Array
from netc.runtime.show.draw.example import Example
from netc.runtime.show.draw.kinds.base import Kind
from netc.runtime.show.draw.panel import Line, strip, with_lines

MOST = 12


def _are_numbers(values: Array) -> bool:
    return values.ndim == 1 and values.dtype.kind == "f" and len(values) > 0


def _fits(example: Example) -> str | None:
    return next((name for name, values in example.outputs.items() if _are_numbers(values)), None)


def _is_it(example: Example) -> str | None:
    """Numbers that a loss compares with numbers."""
    if example.meaning.predictions is None or example.meaning.counts:
        return None
    return next((name for name, values in example.compared() if _are_numbers(values)), None)


def _draw(example: Example, output: str) -> Image.Image:
    """A bar for each of the first MOST, from the lowest of them, or 0, to the highest."""
    values = np.asarray(example.outputs[output][:MOST], np.float64)
    low = min(0.0, float(values.min()))
    high = max(0.0, float(values.max()))
    shares = (values - low) / (high - low) if high > low else np.zeros_like(values)
    lines = [
        Line(f"{example.meaning.name(at)}   {value:.3g}", share=float(share))
        for at, (value, share) in enumerate(zip(values.tolist(), shares, strict=True))
    ]
    if len(example.outputs[output]) > MOST:
        lines.append(Line(f"and {len(example.outputs[output]) - MOST:,} more"))
    return with_lines(None if example.frames is None else strip(example.frames), lines)


VALUES = Kind("values", "numbers, [K]", _fits, _is_it, _draw)
