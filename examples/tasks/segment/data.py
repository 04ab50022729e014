"""Pictures of shapes, and the class of each pixel."""

from __future__ import annotations

import numpy as np
import shapes

SIZE, MOST, RADII = 48, 3, (5, 11)
NAMES = ("background", *shapes.KINDS)


def rows(count: int, seed: int) -> dict[str, np.ndarray]:
    """So many pictures [3, 48, 48], and for each pixel one of NAMES."""
    random = np.random.default_rng(seed)
    made = [shapes.scene(random, SIZE, MOST, RADII)[:2] for _ in range(count)]
    return {"image": np.array([image for image, _ in made]), "label": np.array([mask for _, mask in made])}
