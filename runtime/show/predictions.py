"""Answers of a network as lines and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from netc.runtime.sessions.resident import Array

LONGEST_VALUES = 8


def best_classes(scores: Array, class_names: Sequence[str] | None, top: int) -> list[list[dict[str, Any]]]:
    """For each row of probabilities [n, classes] the `top` classes, the likeliest first: class, name, probability."""
    order = np.argsort(-scores, axis=1, kind="stable")[:, :top]
    named = class_names or ()
    return [
        [
            {
                "class": int(index),
                "name": named[index] if index < len(named) else None,
                "probability": round(float(row[index]), 6),
            }
            for index in ranked
        ]
        for row, ranked in zip(scores, order, strict=True)
    ]


def class_line(ranked: Sequence[Mapping[str, Any]]) -> str:
    """`7  99.8 %    1  0.1 %`."""
    return "    ".join(f"{item['name'] or item['class']}  {100 * item['probability']:.1f} %" for item in ranked)


def values_line(outputs: Mapping[str, Array], row: int) -> str:
    """`price  0.41` or, for a map, its shape and range."""
    parts = []
    for name, values in outputs.items():
        flat = np.asarray(values[row]).reshape(-1)
        if flat.size <= LONGEST_VALUES:
            parts.append(f"{name}  {' '.join(f'{value:.5g}' for value in flat)}")
        else:
            shape = "x".join(map(str, values[row].shape))
            parts.append(f"{name}  {shape} from {flat.min():.4g} to {flat.max():.4g}, mean {flat.mean():.4g}")
    return "    ".join(parts)
