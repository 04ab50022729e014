"""Glorot's uniform distribution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netc.compiler.declare.arguments import Real, argument
from netc.compiler.declare.initial import Stream
from netc.compiler.declare.samples import Drawn, Wrong
from netc.compiler.initializers.base import Fans, Initializer, initializer
from netc.compiler.initializers.uniform import centered

if TYPE_CHECKING:
    from netc.compiler.declare.initial import Array


@initializer("glorot_uniform")
class GlorotUniform(Initializer):
    """w from U(-b, b) with b = gain * sqrt(6 / (fan_in + fan_out)): keeps the variance forwards and backwards.

    fan_in is in / groups * kernel elements for a convolution, the input's features for a dense layer; fan_out has the
    outputs in the place of the inputs. Keras's default; known as Xavier's too (Glorot & Bengio 2010).
    """

    also = ("glorot", "xavier", "xavier_uniform")

    gain: float = argument(Real(0), "a factor for what follows: sqrt(2) before a ReLU", default=1.0)

    samples = (
        Drawn("glorot_uniform", "500x700", mean=0, std=0.040825, low=-0.070711, high=0.070711),
        Drawn("glorot_uniform(2)", "96x32x3x3", mean=0, std=0.083333, low=-0.144338, high=0.144338),
    )
    errors = (Wrong("glorot_uniform(-1)", code="E224", says="a number of at least 0, found -1"),)

    def values(self, count: int, fans: Fans, stream: Stream) -> Array:
        return centered(count, self.gain * (6.0 / (fans.fan_in + fans.fan_out)) ** 0.5, stream)

    def formula(self, torch: Any, tensor: Any) -> Any:
        return torch.nn.init.xavier_uniform_(tensor, self.gain)
