"""What values are divided by: the first data decide, later files are treated as they were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from netc.grammar.diagnostics import Diagnostic
from netc.runtime.data.card import InputCard
from netc.runtime.data.dataset import Field
from netc.runtime.data.errors import finding
from netc.runtime.data.fit import CHANNELS

BYTES = 255.0
LARGEST = 16.0


def divisor(
    values: Field, port: Mapping[str, Any], card: InputCard, place: str, said: float | None
) -> float | Diagnostic | None:
    """What a float input's values are divided by, None for nothing, or the finding that they are of another range.

    card  of the input, as the model was trained;  said: the option `scale` of this data
    """
    scale = said if said is not None else card.scale
    if values.dtype == np.uint8:
        return scale if scale is not None else BYTES
    if not is_picture(port, card.sources) or said is not None:
        return scale
    low, high = span(values)
    if not (low >= 0 and high < np.inf) or card.high is None:
        return scale
    if card.scale is None and card.dtype == "uint8":
        return BYTES if high > 1 else None
    if (card.scale is None and card.high <= LARGEST < high) or (card.scale is not None and card.high > 1 >= high > 0):
        divided = "" if card.scale is None else f", divided by {card.scale:g}"
        return finding(
            "E521",
            f"{place} holds values up to {high:g}, the model was trained on values up to {card.high:g}{divided}",
            help=f"give values as in training; `:scale={_usual(high):g}` after the data's name divides them",
        )
    return scale


def unscaled(values: Field, port: Mapping[str, Any], sources: Sequence[str], place: str) -> Diagnostic | None:
    """The finding about pictures of large numbers that nobody said a scale for; bytes have one."""
    if values.dtype == np.uint8 or np.dtype(port["dtype"]).kind != "f" or not is_picture(port, sources):
        return None
    low, high = span(values)
    if not (low >= 0 and LARGEST < high < np.inf):
        return None
    usual = _usual(high)
    return finding(
        "E521",
        f"{place} holds pixels from {low:g} to {high:g} as {values.dtype}, which nothing scales",
        "a network expects numbers around 1; bytes are divided by 255 without asking",
        help=f"put `:scale={usual:g}` after the data's name to divide them, or `:scale=1` to keep them as they are",
    )


def is_picture(port: Mapping[str, Any], sources: Sequence[str]) -> bool:
    """Whether an input is a picture: a map of 1, 3 or 4 channels, or pixels by name."""
    shape = port["shape"][1:]
    named = port["name"].startswith(("image", "pixel", "picture")) or sources[0].startswith(("image", "pixel"))
    return named or (len(shape) == 3 and shape[0] in CHANNELS)


def span(values: Field) -> tuple[float, float]:
    """The least and the largest value; 0 and 255 of images that are not decoded yet."""
    if not isinstance(values, np.ndarray):
        return 0.0, BYTES
    if values.size == 0 or values.dtype.kind not in "biuf":
        return 0.0, 0.0
    return float(values.min()), float(values.max())


def _usual(high: float) -> float:
    return next((limit for limit in (1.0, 255.0, 4095.0, 65_535.0) if high <= limit), high)
