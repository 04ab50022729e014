"""Numbers that are equally likely between two ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netc.compiler.declare.also import Also
from netc.compiler.declare.arguments import Real, argument
from netc.compiler.declare.initial import Stream
from netc.compiler.declare.samples import Drawn, Wrong
from netc.compiler.initializers.base import Fans, Initializer, initializer

if TYPE_CHECKING:
    from netc.compiler.declare.initial import Array


def centered(count: int, bound: float, stream: Stream) -> Array:
    """Numbers of U(-bound, bound)."""
    return (2.0 * stream.uniform(count) - 1.0) * bound


@initializer("uniform")
class Uniform(Initializer):
    """w from U(-bound, bound), whose standard deviation is bound / sqrt(3)."""

    also = ("random_uniform", Also("uniform_", note="PyTorch's is from 0 to 1 unless given"))

    bound: float = argument(Real(0), "how far the numbers lie from zero at most", default=0.05)

    samples = (
        Drawn("uniform", "500x400", mean=0, std=0.028868, low=-0.05, high=0.05),
        Drawn("uniform(3)", "100x20x5x5", mean=0, std=1.732051, low=-3, high=3),
    )
    errors = (Wrong("uniform(-1)", code="E224", says="a number of at least 0, found -1"),)

    def values(self, count: int, fans: Fans, stream: Stream) -> Array:
        return centered(count, self.bound, stream)

    def formula(self, torch: Any, tensor: Any) -> Any:
        return torch.nn.init.uniform_(tensor, -self.bound, self.bound)
