"""Normally distributed numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netc.compiler.declare.also import Also
from netc.compiler.declare.arguments import Real, argument
from netc.compiler.declare.initial import Stream
from netc.compiler.declare.samples import Drawn, Wrong
from netc.compiler.initializers.base import Fans, Initializer, initializer

if TYPE_CHECKING:
    from netc.compiler.declare.initial import Array


@initializer("normal")
class Normal(Initializer):
    """w from the normal distribution of mean 0 and standard deviation `std`, by Box and Muller's method (1958)."""

    also = (
        Also("random_normal", note="Keras's has std 0.05 unless given"),
        Also("normal_", note="PyTorch's has std 1 unless given"),
    )

    std: float = argument(Real(0), "standard deviation", default=0.02)

    samples = (
        Drawn("normal", "500x400", mean=0, std=0.02, low=-0.12, high=0.12),
        Drawn("normal(2)", "100x20x5x5", mean=0, std=2, low=-11, high=11),
    )
    errors = (Wrong("normal(-1)", code="E224", says="a number of at least 0, found -1"),)

    def values(self, count: int, fans: Fans, stream: Stream) -> Array:
        return stream.normal(count) * self.std

    def formula(self, torch: Any, tensor: Any) -> Any:
        return torch.nn.init.normal_(tensor, std=self.std)
