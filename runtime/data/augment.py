"""Random changes to training images, drawn anew for every batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Protocol

import numpy as np

Batch = dict[str, np.ndarray]


class Augmentation(Protocol):
    """A word and its arguments, as the compiler's train plan lists them."""

    word: ClassVar[str]

    def settings(self) -> Mapping[str, Any]:
        """Its arguments by name."""
        ...


def augment(batch: Mapping[str, np.ndarray], augmentations: Sequence[Augmentation], rng: np.random.Generator) -> Batch:
    """A batch after these augmentations, in order; the arrays that come in are left as they are.

    flip           mirrors left and right, each example with probability 1/2
    crop(padding)  surrounds the maps with `padding` zeros and cuts their size out again, at a random place

    Changed are float maps [N, C, H, W], images as bytes [N, H, W, C], and label maps [N, H, W] as large as one of
    those. All maps of an example get the same draw.
    """
    changed = dict(batch)
    for augmentation in augmentations:
        change = WORDS[augmentation.word](batch_size(changed), rng, **augmentation.settings())
        large = {_height_width(values) for values in changed.values() if values.ndim == 4}
        for name, values in changed.items():
            if values.ndim == 4 and values.dtype == np.uint8:
                changed[name] = np.ascontiguousarray(change(values.transpose(0, 3, 1, 2)).transpose(0, 2, 3, 1))
            elif values.ndim == 4 and values.dtype.kind == "f":
                changed[name] = change(values)
            elif values.ndim == 3 and values.dtype.kind in "iu" and values.shape[1:] in large:
                changed[name] = change(values[:, None])[:, 0]
    return changed


def batch_size(batch: Mapping[str, np.ndarray]) -> int:
    """The number of rows."""
    return len(next(iter(batch.values())))


def flip(count: int, rng: np.random.Generator) -> Any:
    """Mirror each of `count` examples with probability 1/2."""
    chosen = (rng.random(count) < 0.5)[:, None, None, None]
    return lambda maps: np.where(chosen, maps[..., ::-1], maps)


def crop(count: int, rng: np.random.Generator, padding: int = 4) -> Any:
    """Shift each of `count` examples by up to `padding` pixels on both axes; zeros come in."""
    down, right = rng.integers(0, 2 * padding + 1, size=(2, count))

    def change(maps: np.ndarray) -> np.ndarray:
        height, width = maps.shape[2:]
        padded = np.pad(maps, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
        rows, columns = down[:, None] + np.arange(height), right[:, None] + np.arange(width)
        picked = padded[np.arange(count)[:, None, None], :, rows[:, :, None], columns[:, None, :]]
        return np.ascontiguousarray(picked.transpose(0, 3, 1, 2))

    return change


def _height_width(values: np.ndarray) -> tuple[int, ...]:
    return values.shape[1:3] if values.dtype == np.uint8 else values.shape[2:4]


WORDS = {"flip": flip, "crop": crop}
