"""Normally distributed numbers without the far ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netc.compiler.declare.arguments import Real, argument
from netc.compiler.declare.initial import Stream
from netc.compiler.declare.samples import Drawn, Wrong
from netc.compiler.initializers.base import Fans, Initializer, initializer

if TYPE_CHECKING:
    from netc.compiler.declare.initial import Array


@initializer("truncated_normal")
class TruncatedNormal(Initializer):
    """w from the normal distribution of mean 0 and standard deviation `std`; what is farther out is drawn again.

    Farther than `bound` standard deviations, as in Keras; the bounds of PyTorch's trunc_normal_ are numbers, -2 and 2,
    which cut nothing from small weights. `std` is that of the whole distribution: cut at 2 it leaves 0.88 std.
    """

    also = ("trunc_normal",)

    std: float = argument(Real(0), "standard deviation before the cut", default=0.02)
    bound: float = argument(Real(0.5), "how many standard deviations are kept on both sides", default=2.0)

    samples = (
        Drawn("truncated_normal", "500x400", mean=0, std=0.0175925, low=-0.04, high=0.04),
        Drawn("truncated_normal(1, bound=3)", "100x20x5x5", mean=0, std=0.986578, low=-3, high=3),
    )
    errors = (
        Wrong("truncated_normal(-1)", code="E224", says="a number of at least 0, found -1"),
        Wrong("truncated_normal(bound=0)", code="E224", says="a number of at least 0.5, found 0"),
    )

    def values(self, count: int, fans: Fans, stream: Stream) -> Array:
        numbers = stream.normal(count)
        far = abs(numbers) > self.bound
        while far.any():
            numbers[far] = stream.normal(int(far.sum()))
            far = abs(numbers) > self.bound
        return numbers * self.std

    def formula(self, torch: Any, tensor: Any) -> Any:
        limit = self.bound * self.std
        return torch.nn.init.trunc_normal_(tensor, std=self.std, a=-limit, b=limit)
