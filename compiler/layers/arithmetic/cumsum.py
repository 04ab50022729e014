"""Running sums."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.arguments import AXIS, Boolean, argument
from netc.compiler.ir import Value
from netc.compiler.layers.base import Layer, LayerBuilder, Sample, Wrong, layer, require_numbers


@layer("cumsum")
class CumSum(Layer):
    """Each element becomes the sum of those up to it along an axis; with `reverse` of those from it on."""

    axis: int = argument(AXIS, "the axis")
    reverse: bool = argument(Boolean(), "whether sums run from the end", default=False)

    samples = (
        Sample("cumsum(0)", "4x5"),
        Sample("cumsum(axis=-1, reverse=true)", "3x4x5"),
        Sample("cumsum(0)", "[T, 3]"),
        Sample("cumsum(0)", "int 6"),
    )
    errors = (
        Wrong("cumsum", "4", code="E223", says="`cumsum` needs `axis`"),
        Wrong("cumsum(1)", "4", code="E303", says="axis 1 of a value with 1 axis"),
    )

    def build(self, b: LayerBuilder, x: Value) -> Value:
        require_numbers("cumsum", x)
        return b.CumSum(x, axis=b.axis(x, self.axis), reverse=self.reverse)

    def formula(self, torch: Any, x: Any) -> Any:
        return x.flip(self.axis).cumsum(self.axis).flip(self.axis) if self.reverse else x.cumsum(self.axis)
