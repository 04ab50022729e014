"""Numbers as colours that people with any colour vision order alike: viridis, and ColorBrewer's RdBu for signs."""

from __future__ import annotations

import numpy as np

from netc.runtime.sessions.resident import Array

_VIRIDIS = "440154 472d7b 3b528b 2c728e 21918c 28ae80 5ec962 addc30 fde725"
_RED_BLUE = "053061 2166ac 4393c3 92c5de d1e5f0 f7f7f7 fddbc7 f4a582 d6604d b2182b 67001f"


def sequential(values: Array, low: float | None = None, high: float | None = None) -> Array:
    """[…] as bytes […, 3]: dark violet is the lowest, yellow the highest.

    low, high  what the ends stand for; the least and largest value unless given
    """
    low = float(values.min(initial=np.inf)) if low is None else low
    high = float(values.max(initial=-np.inf)) if high is None else high
    return _mapped(_VIRIDIS, (values - low) / max(high - low, 1e-30))


def diverging(values: Array, most: float | None = None) -> Array:
    """[…] as bytes […, 3]: blue is negative, white 0, red positive. most: what the ends stand for."""
    most = float(np.abs(values).max(initial=0)) if most is None else most
    return _mapped(_RED_BLUE, values / max(2 * most, 1e-30) + 0.5)


def _mapped(anchors: str, share: Array) -> Array:
    colours = np.array([list(bytes.fromhex(colour)) for colour in anchors.split()], np.float64)
    at = np.clip(np.nan_to_num(share), 0, 1) * (len(colours) - 1)
    below = np.minimum(at.astype(int), len(colours) - 2)
    mixed = colours[below] + (at - below)[..., None] * (colours[below + 1] - colours[below])
    return np.asarray(np.rint(mixed), np.uint8)
