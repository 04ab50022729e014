"""Outputs of a network that does not classify, as a line."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from netc.runtime.sessions.resident import Array

LONGEST_VALUES = 8


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
