"""What an augmentation declares: random changes to the maps of a training batch.

A change has two halves, so that all maps of an example (its image, its mask) get the same: what is drawn for each
example, and what that makes of a map.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from netc.compiler.declare.declared import Declared, Registry
from netc.compiler.declare.samples import Drawn, Wrong

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


class Augmentation(Declared):
    """Base of every augmentation.

    samples  at least one `Drawn`: the shape of a map, and how what is drawn lies
    errors   at least one `Wrong` call where there are arguments
    """

    samples: ClassVar[tuple[Drawn, ...]] = ()
    errors: ClassVar[tuple[Wrong, ...]] = ()

    def draw(self, count: int, rng: np.random.Generator) -> Array:
        """What decides each of `count` examples' change, along axis 0."""
        raise AssertionError("an augmentation declares draw")

    def change(self, maps: Array, drawn: Array) -> Array:
        """Maps `[N, C, H, W]`, floats or bytes or labels, after the change; an array of its own."""
        raise AssertionError("an augmentation declares change")

    def formula(self, numpy: Any, image: Any, drawn: Any) -> Any:
        """What one example's draw makes of its map `[C, H, W]`, pixel by pixel; the tests compare `change` with it."""
        raise AssertionError("an augmentation declares formula")


augmentation = Registry[Augmentation](
    "augmentation", __package__, samples=1, errors=1, declares=("draw", "change", "formula")
)
"""Decorator that registers an augmentation; `augmentation.all()` gives every one by its word."""
