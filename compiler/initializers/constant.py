"""One number everywhere."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.also import Also
from netc.compiler.declare.arguments import Real, argument
from netc.compiler.declare.initial import Stream
from netc.compiler.declare.samples import Drawn, Wrong
from netc.compiler.initializers.base import Fans, Initializer, initializer


@initializer("constant")
class Constant(Initializer):
    """w = value everywhere: 0 for biases, 1 for scales."""

    also = (
        "zero",
        "fill_",
        Also("zeros_", note="`constant` is 0 unless told otherwise"),
        *(Also(f"{name}(+value=1)", note="write `constant(1)`") for name in ("ones", "Ones", "ones_")),
    )

    value: float = argument(Real(), "the number", default=0.0)

    samples = (
        Drawn("constant", "64x32", mean=0, std=0, low=0, high=0),
        Drawn("constant(-1.5)", "5x3x3", mean=-1.5, std=0, low=-1.5, high=-1.5),
    )
    errors = (Wrong("constant(true)", code="E224", says="a number, found true"),)

    def values(self, count: int, fans: Fans, stream: Stream) -> float:
        return self.value

    def formula(self, torch: Any, tensor: Any) -> Any:
        return torch.nn.init.constant_(tensor, self.value)
