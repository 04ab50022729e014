"""What values are divided by: the first data decide, later files are treated as they were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from netc.grammar.diagnostics import Diagnostic
from netc.runtime.data.cards.card import InputCard
from netc.runtime.data.dataset import Field
from netc.runtime.data.errors import finding
from netc.runtime.data.fit import CHANNELS
from netc.runtime.data.images.decode import LEVELS
from netc.runtime.data.images.pictures import Images

BYTES = 255.0
LARGEST = 16.0


def divisor(
    values: Field, port: Mapping[str, Any], card: InputCard, place: str, said: float | None, *, pictures: bool = False
) -> float | Diagnostic | None:
    """What a float input's values are divided by, None for nothing, or the finding that they are of another range.

    card      of the input, as the model was trained;  said: the option `scale` of this data
    pictures  whether the values were decoded from images
    """
    scale = said if said is not None else card.scale
    if values.dtype == np.uint8:
        return scale if scale is not None else BYTES
    if pictures and values.dtype == np.uint16:
        return scale if scale is not None else float(card.levels or LEVELS)
    if not is_picture(port, card.sources) or said is not None:
        return scale
    low, high = span(values)
    if not (low >= 0 and high < np.inf) or card.high is None:
        return scale
    full = BYTES if card.dtype == "uint8" else card.levels
    if card.scale is None and full is not None:
        return float(full) if high > 1 else None
    if (card.scale is None and card.high <= LARGEST < high) or (card.scale is not None and card.high > 1 >= high > 0):
        divided = "" if card.scale is None else f", divided by {card.scale:g}"
        return finding(
            "E521",
            f"{place} holds values up to {high:g}, the model was trained on values up to {card.high:g}{divided}",
            help=f"give values as in training; `:scale={usual(high):g}` after the data's name divides them",
        )
    return scale


def unscaled(values: Field, port: Mapping[str, Any], sources: Sequence[str], place: str) -> Diagnostic | None:
    """The finding about pictures of large numbers that nobody said a scale for; bytes have one."""
    if values.dtype == np.uint8 or np.dtype(port["dtype"]).kind != "f" or not is_picture(port, sources):
        return None
    low, high = span(values)
    if not (low >= 0 and LARGEST < high < np.inf):
        return None
    divide = f"`:scale={usual(high):g}` after the data's name to divide them"
    return finding(
        "E521",
        f"{place} holds pixels from {low:g} to {high:g} as {values.dtype}, which nothing scales",
        "a network expects numbers around 1; bytes are divided by 255 without asking",
        help=f"put {divide}, or `:scale=1` to keep them as they are",
    )


def is_picture(port: Mapping[str, Any], sources: Sequence[str]) -> bool:
    """Whether an input is a picture: a map of 1, 3 or 4 channels, or pixels by name."""
    shape = port["shape"][1:]
    named = port["name"].startswith(("image", "pixel", "picture")) or sources[0].startswith(("image", "pixel"))
    return named or (len(shape) == 3 and shape[0] in CHANNELS)


def span(values: Field) -> tuple[float, float]:
    """The least and the largest value; of images that are not decoded yet 0 and what they may have."""
    if isinstance(values, Images):
        return 0.0, float(values.largest)
    if not isinstance(values, np.ndarray):
        return 0.0, BYTES
    if values.size == 0 or values.dtype.kind not in "biuf":
        return 0.0, 0.0
    return float(values.min()), float(values.max())


def usual(high: float) -> float:
    """The largest level of the depth that values are of, 8 to 16 bits; themselves where they are larger."""
    return next((limit for limit in (1.0, 255.0, 1023.0, 4095.0, 16_383.0, float(LEVELS)) if high <= limit), high)
