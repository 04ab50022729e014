"""Glorot's normal distribution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netc.compiler.declare.arguments import Real, argument
from netc.compiler.declare.initial import Stream
from netc.compiler.declare.samples import Drawn, Wrong
from netc.compiler.initializers.base import Fans, Initializer, initializer

if TYPE_CHECKING:
    from netc.compiler.declare.initial import Array


@initializer("glorot_normal")
class GlorotNormal(Initializer):
    """w from the normal distribution of mean 0 and standard deviation gain * sqrt(2 / (fan_in + fan_out)).

    As PyTorch's xavier_normal_; Keras draws from a truncated one of the same deviation (Glorot & Bengio 2010). Fans as
    in `glorot_uniform`.
    """

    also = ("xavier_normal",)

    gain: float = argument(Real(0), "a factor for what follows: sqrt(2) before a ReLU", default=1.0)

    samples = (
        Drawn("glorot_normal", "500x700", mean=0, std=0.040825, low=-0.25, high=0.25),
        Drawn("glorot_normal(2)", "96x32x3x3", mean=0, std=0.083333, low=-0.5, high=0.5),
    )
    errors = (Wrong("glorot_normal(-1)", code="E224", says="a number of at least 0, found -1"),)

    def values(self, count: int, fans: Fans, stream: Stream) -> Array:
        std: float = self.gain * (2.0 / (fans.fan_in + fans.fan_out)) ** 0.5
        return stream.normal(count) * std

    def formula(self, torch: Any, tensor: Any) -> Any:
        return torch.nn.init.xavier_normal_(tensor, self.gain)
