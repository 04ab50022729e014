"""Vectors of length 1."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.arguments import Real, argument
from netc.compiler.declare.axes import AxisOrAxes
from netc.compiler.ir import Builder, Value
from netc.compiler.layers.arithmetic.reductions import chosen_axes
from netc.compiler.layers.base import Layer, LayerBuilder, Sample, Wrong, layer, require_floats

SMALLEST = 1e-12


def to_unit_length(b: Builder, x: Value, axes: tuple[int, ...], epsilon: float = SMALLEST) -> Value:
    """x / max(its length along the axes, epsilon). Where x is 0 so is y, and the gradient is finite."""
    square = b.ReduceSum(b.Mul(x, x), axes=axes, keepdims=True)
    return b.Mul(x, b.Reciprocal(b.Sqrt(b.Max(square, epsilon * epsilon))))


@layer("l2_normalize")
class L2Normalize(Layer):
    """y = x / max(|x|, epsilon) with |x| the Euclidean length along an axis, the last unless given. The shape stays."""

    also = ("UnitNormalization(axis)",)

    axis: tuple[int, ...] = argument(AxisOrAxes(), "the axis, or the axes, of a vector", default=(-1,))
    epsilon: float = argument(Real(1e-18, 1), "the shortest length that is brought to 1", default=SMALLEST)

    samples = (
        Sample("l2_normalize", "8x5"),
        Sample("l2_normalize(axis=0)", "[3, H, W]"),
        Sample("l2_normalize([0, 1], epsilon=1e-3)", "4x5"),
    )
    errors = (
        Wrong("l2_normalize(1)", "8", code="E303", says="axis 1 of a value with 1 axis"),
        Wrong("l2_normalize", "int 8", code="E302", says="l2_normalize works on floating-point numbers, found int64"),
    )

    def build(self, b: LayerBuilder, x: Value) -> Value:
        require_floats("l2_normalize", x)
        return to_unit_length(b, x, chosen_axes(b, x, self.axis), self.epsilon)

    def formula(self, torch: Any, x: Any) -> Any:
        return torch.nn.functional.normalize(x, dim=self.axis, eps=self.epsilon)
