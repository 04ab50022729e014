"""Images less their mean, divided by their spread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netc.compiler.augmentations.base import Fixed, Kind, augmentation
from netc.compiler.declare.also import Also
from netc.compiler.declare.arguments import argument
from netc.compiler.declare.lists import Numbers
from netc.compiler.declare.samples import Drawn, Wrong

if TYPE_CHECKING:
    from netc.compiler.augmentations.base import Array


@augmentation("normalize")
class Normalize(Fixed):
    """y = (x - mean) / std, with numbers that are given, one or one a channel.

    It becomes the net's first layer, the layer `normalize` behind the input, so that it holds in training, evaluation
    and prediction, in every exported model and in every other train section of the net. It stands last in the list.
    """

    also = (
        "Normalize(mean, std)",
        Also("Normalization", note="give the standard deviation, the square root of Keras's `variance`"),
        Also("Rescaling", note="bytes are divided by 255 on their own; else `std` is 1 divided by its `scale`"),
        "standardize",
    )
    kind = Kind.NET

    mean: float | tuple[float, ...] = argument(Numbers(), "what is taken off, a number or one a channel")
    std: float | tuple[float, ...] = argument(Numbers(), "what is divided by, a number or one a channel")

    samples = (
        Drawn("normalize(0.5, 0.25)", "1x3x4", mean=0, std=0, low=0, high=0),
        Drawn("normalize(mean=[0.4, 0.5, 0.6], std=[0.2, 0.3, 0.4])", "3x3x4", mean=0, std=0, low=0, high=0),
    )
    errors = (
        Wrong("normalize(0.5)", code="E223", says="`normalize` needs `std`"),
        Wrong("normalize(0.5, 0)", code="E301", says="normalize divides by zero"),
        Wrong("normalize([0.1, 0.2], 1)", code="E301", says="2 numbers for 3 channels"),
    )

    def change(self, maps: Array, drawn: Array) -> Array:
        import numpy as np

        mean, std = (np.asarray(given, np.float32).reshape(-1, 1, 1) for given in (self.mean, self.std))
        return (maps - mean) / std

    def formula(self, numpy: Any, image: Any, drawn: Any) -> Any:
        found = image.astype(float)
        for channel, pixels in enumerate(found):
            mean, std = (given[channel] if isinstance(given, tuple) else given for given in (self.mean, self.std))
            pixels -= mean
            pixels /= std
        return found
