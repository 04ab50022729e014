"""LeCun's normal distribution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netc.compiler.declare.initial import Stream
from netc.compiler.declare.samples import Drawn
from netc.compiler.initializers.base import Fans, Initializer, initializer

if TYPE_CHECKING:
    from netc.compiler.declare.initial import Array


@initializer("lecun_normal")
class LecunNormal(Initializer):
    """w from the normal distribution of mean 0 and standard deviation sqrt(1 / fan_in): for SELU and linear layers.

    As PyTorch's kaiming_normal_ for linear layers; Keras draws from a truncated one of the same deviation (LeCun et al.
    1998, Efficient BackProp; Klambauer et al. 2017, arXiv:1706.02515). fan_in as in `he_uniform`.
    """

    samples = (
        Drawn("lecun_normal", "500x600", mean=0, std=0.040825, low=-0.25, high=0.25),
        Drawn("lecun_normal", "64x32x3x3", mean=0, std=0.058926, low=-0.4, high=0.4),
    )

    def values(self, count: int, fans: Fans, stream: Stream) -> Array:
        std: float = (1.0 / fans.fan_in) ** 0.5
        return stream.normal(count) * std

    def formula(self, torch: Any, tensor: Any) -> Any:
        return torch.nn.init.kaiming_normal_(tensor, nonlinearity="linear")
