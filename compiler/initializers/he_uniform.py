"""He's uniform distribution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netc.compiler.declare.initial import Stream
from netc.compiler.declare.samples import Drawn
from netc.compiler.initializers.base import Fans, Initializer, initializer
from netc.compiler.initializers.uniform import centered

if TYPE_CHECKING:
    from netc.compiler.declare.initial import Array


@initializer("he_uniform")
class HeUniform(Initializer):
    """w from U(-b, b) with b = sqrt(6 / fan_in): keeps the variance through ReLU layers.

    fan_in is in / groups * kernel elements for a convolution, the input's features for a dense layer. Known as
    Kaiming's uniform distribution too (He et al. 2015, arXiv:1502.01852).
    """

    also = ("kaiming_uniform",)

    samples = (
        Drawn("he_uniform", "500x600", mean=0, std=0.057735, low=-0.1, high=0.1),
        Drawn("he_uniform", "64x32x3x3", mean=0, std=0.083333, low=-0.144338, high=0.144338),
        Drawn("he_uniform", "2000x6x5", mean=0, std=0.258199, low=-0.447214, high=0.447214),
    )

    def values(self, count: int, fans: Fans, stream: Stream) -> Array:
        return centered(count, (6.0 / fans.fan_in) ** 0.5, stream)

    def formula(self, torch: Any, tensor: Any) -> Any:
        return torch.nn.init.kaiming_uniform_(tensor, nonlinearity="relu")
