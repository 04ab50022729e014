"""He's normal distribution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netc.compiler.declare.initial import Stream
from netc.compiler.declare.samples import Drawn
from netc.compiler.initializers.base import Fans, Initializer, initializer

if TYPE_CHECKING:
    from netc.compiler.declare.initial import Array


@initializer("he_normal")
class HeNormal(Initializer):
    """w from the normal distribution of mean 0 and standard deviation sqrt(2 / fan_in), for layers before a ReLU.

    As PyTorch's kaiming_normal_; Keras draws from a truncated one of the same deviation (He et al. 2015,
    arXiv:1502.01852). fan_in as in `he_uniform`.
    """

    also = ("kaiming_normal",)

    samples = (
        Drawn("he_normal", "500x600", mean=0, std=0.057735, low=-0.35, high=0.35),
        Drawn("he_normal", "64x32x3x3", mean=0, std=0.083333, low=-0.5, high=0.5),
    )

    def values(self, count: int, fans: Fans, stream: Stream) -> Array:
        std: float = (2.0 / fans.fan_in) ** 0.5
        return stream.normal(count) * std

    def formula(self, torch: Any, tensor: Any) -> Any:
        return torch.nn.init.kaiming_normal_(tensor, nonlinearity="relu")
