"""One example to draw: what the network was given, what it answered, and what is known of the answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from netc.runtime.sessions.resident import Array

LEAST = 0.3
"""The least score of a box, a joint or the pixel of a mask of one class that is drawn, unless another is given."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What is known about outputs.

    names        of the classes or joints, in their order; none are numbers
    counts       how many classes the labels have that losses compare with
    predictions  the outputs that losses compare with something; None where no loss is known
    """

    names: tuple[str, ...] = ()
    counts: frozenset[int] = frozenset()
    predictions: tuple[str, ...] | None = None

    def name(self, number: int) -> str:
        """What to call a class."""
        return self.names[number] if number < len(self.names) else str(number)

    def are_classes(self, count: int) -> bool:
        """Whether so many scores are those of the classes: by the losses, or where none is known by the names."""
        return count in self.counts or (self.predictions is None and count > 1 and count == len(self.names))


@dataclass(frozen=True, slots=True)
class Example:
    """A row.

    outputs  by name, without the batch, those of the net first
    frames   bytes [T, H, W, 3] of the input that is a picture (T = 1) or a clip; None where there is none
    """

    outputs: Mapping[str, Array]
    frames: Array | None = None
    meaning: Meaning = field(default_factory=Meaning)
    least: float = LEAST

    @property
    def size(self) -> tuple[int, int] | None:
        """Height and width of the picture."""
        return None if self.frames is None else (self.frames.shape[1], self.frames.shape[2])

    def compared(self) -> Iterator[tuple[str, Array]]:
        """The outputs that may hold scores of classes: those of losses, or all where none is known."""
        names = self.meaning.predictions
        for name in self.outputs if names is None else names:
            if name in self.outputs:
                yield name, self.outputs[name]


def frames_of(inputs: Mapping[str, Array]) -> Array | None:
    """Bytes [N, T, H, W, 3] of the first input that is a picture or a clip, or None."""
    for values in inputs.values():
        found = frames(np.asarray(values))
        if found is not None:
            return found
    return None


def frames(values: Array) -> Array | None:
    """Pictures [N, C, H, W], clips [N, C, T, H, W] or bytes [N, H, W, C], as bytes [N, T, H, W, 3]; else None.

    Channels that are neither grey nor colours are shown one after the other, as frames. What leaves 0 to 1 is
    stretched, all rows alike.
    """
    if values.dtype == np.uint8 and values.ndim == 4 and values.shape[-1] in (1, 3):
        return np.asarray(np.broadcast_to(values[:, None], (len(values), 1, *values.shape[1:3], 3)))
    if values.ndim not in (4, 5) or values.dtype.kind not in "fu" or min(values.shape[-2:]) < 2:
        return None
    clip = values[:, :, None] if values.ndim == 4 else values
    if clip.shape[1] not in (1, 3):
        if values.ndim == 5:
            return None
        clip = values[:, None]
    moved = np.moveaxis(clip, 1, -1)
    return np.asarray(np.broadcast_to(_bytes(moved), (*moved.shape[:-1], 3)))


def _bytes(values: Array) -> Array:
    if values.dtype == np.uint8:
        return values
    low, high = min(0.0, float(values.min(initial=0))), max(1.0, float(values.max(initial=0)))
    return np.asarray(np.rint((values.astype(np.float64) - low) / (high - low) * 255), np.uint8)


def shown(values: Array, low: float = 0, high: float = 1) -> Array:
    """One picture [C, H, W] or clip [C, T, H, W] of an output as bytes [T, H, W, 3]."""
    clip = values[:, None] if values.ndim == 3 else values
    moved = np.moveaxis(clip, 0, -1).astype(np.float64)
    scaled = np.rint(np.clip((moved - low) / (high - low), 0, 1) * 255).astype(np.uint8)
    return np.asarray(np.broadcast_to(scaled, (*moved.shape[:-1], 3)))
