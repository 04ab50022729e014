"""Boxes of one object, of which the best is kept: non-maximum suppression."""

from __future__ import annotations

import numpy as np

from netc.runtime.sessions.resident import Array

OVERLAP = 0.5
"""The largest intersection over union of two boxes of one class of which both stay."""


def suppress(boxes: Array, scores: Array, least: float) -> list[tuple[int, int, float]]:
    """The boxes that stay, best first, each as its row, its class and its score.

    boxes   [K, 4], the corners x1, y1, x2, y2;  scores: [K, C] from 0 to 1;  least: the lowest score that counts
    """
    kept: list[tuple[int, int, float]] = []
    for number in range(scores.shape[1]):
        rows = np.flatnonzero(scores[:, number] >= least)
        rows = rows[np.argsort(-scores[rows, number], kind="stable")]
        while len(rows):
            best, rest = int(rows[0]), rows[1:]
            kept.append((best, number, float(scores[best, number])))
            rows = rest[overlaps(boxes[best], boxes[rest]) <= OVERLAP]
    return sorted(kept, key=lambda item: -item[2])


def overlaps(box: Array, boxes: Array) -> Array:
    """The intersection over the union of a box with each of others."""
    low, high = np.maximum(box[:2], boxes[:, :2]), np.minimum(box[2:], boxes[:, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=1)
    areas = [np.clip(each[..., 2:] - each[..., :2], 0, None).prod(axis=-1) for each in (box, boxes)]
    union = areas[0] + areas[1] - shared
    return np.asarray(np.divide(shared, union, out=np.zeros_like(shared, np.float64), where=union > 0))
