"""Two examples in one image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netc.compiler.augmentations.base import Mixing, as_before, augmentation, in_floats
from netc.compiler.declare.arguments import Real, argument
from netc.compiler.declare.samples import Drawn, Wrong

if TYPE_CHECKING:
    import numpy as np

    from netc.compiler.augmentations.base import Array


@augmentation("mixup")
class Mixup(Mixing):
    """Mixes each training image with one of the same batch: s x + (1 - s) x', s drawn from Beta(alpha, alpha)
    once for each batch (Zhang et al. 2017, arXiv:1710.09412). The other one stands there from behind.

    The loss is mixed alike: s loss(y, t) + (1 - s) loss(y, t'), for any loss of a field of the data; for cross entropy
    that is the loss of the mixed labels. Metrics compare with t, the labels of the example itself.
    """

    also = ("MixUp(alpha)", "RandomMixup(-num_classes, alpha)")

    alpha: float = argument(Real(0, open_low=True), "both arguments of the beta distribution", default=0.2)

    samples = (
        Drawn("mixup", "2x4x5", mean=0.5, std=0.422577, low=0, high=1),
        Drawn("mixup(alpha=1)", "1x4x3", mean=0.5, std=0.288675, low=0, high=1),
    )
    errors = (Wrong("mixup(0)", code="E224", says="a number above 0, found 0"),)

    def draw(self, count: int, rng: np.random.Generator) -> Array:
        return rng.beta(self.alpha, self.alpha, count)

    def change(self, maps: Array, drawn: Array) -> Array:
        import numpy as np

        images, share = in_floats(maps), np.float32(drawn[0])
        return as_before(share * images + (1 - share) * images[::-1], maps)

    def share(self, drawn: Array, height: int, width: int) -> float:
        return float(drawn[0])

    def formula(self, numpy: Any, image: Any, drawn: Any, other: Any = None) -> Any:
        return float(drawn) * image + (1 - float(drawn)) * other
