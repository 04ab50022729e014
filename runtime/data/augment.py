"""Random changes to training images, drawn anew for every batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from netc.compiler import Augmentation

Batch = dict[str, np.ndarray]


def augment(batch: Mapping[str, np.ndarray], augmentations: Sequence[Augmentation], rng: np.random.Generator) -> Batch:
    """A batch after these augmentations, in order; the arrays that come in are left as they are.

    Changed are float maps [N, C, H, W], images as bytes [N, H, W, C], and label maps [N, H, W] as large as one of
    those. All maps of an example get the same draw.
    """
    changed = dict(batch)
    for augmentation in augmentations:
        drawn = augmentation.draw(batch_size(changed), rng)
        large = {_height_width(values) for values in changed.values() if values.ndim == 4}
        for name, values in changed.items():
            if values.ndim == 4 and values.dtype == np.uint8:
                maps = augmentation.change(values.transpose(0, 3, 1, 2), drawn)
                changed[name] = np.ascontiguousarray(maps.transpose(0, 2, 3, 1))
            elif values.ndim == 4 and values.dtype.kind == "f":
                changed[name] = augmentation.change(values, drawn)
            elif values.ndim == 3 and values.dtype.kind in "iu" and values.shape[1:] in large:
                changed[name] = augmentation.change(values[:, None], drawn)[:, 0]
    return changed


def batch_size(batch: Mapping[str, np.ndarray]) -> int:
    """The number of rows."""
    return len(next(iter(batch.values())))


def _height_width(values: np.ndarray) -> tuple[int, ...]:
    return values.shape[1:3] if values.dtype == np.uint8 else values.shape[2:4]
