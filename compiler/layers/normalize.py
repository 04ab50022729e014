"""Normalization of the input by fixed numbers."""

from __future__ import annotations

from netc.compiler.declare.arguments import Numbers, argument
from netc.compiler.ir import DType, Tensor, Value
from netc.compiler.layers.base import Layer, LayerBuilder, ShapeError, language_shape, layer, require_floats


@layer("normalize")
class Normalize(Layer):
    """y = (x - mean) / std with numbers that are given, one or one a channel (axis 0). The shape stays.

    For images in 0..1: `normalize(0.5, 0.5)`, or ImageNet's `normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])`.
    """

    mean: float | tuple[float, ...] = argument(Numbers(), "what is taken off, a number or one a channel")
    std: float | tuple[float, ...] = argument(Numbers(), "what is divided by, a number or one a channel")

    def build(self, b: LayerBuilder, x: Value) -> Value:
        require_floats("normalize", x)
        stds = self.std if isinstance(self.std, tuple) else (self.std,)
        if 0.0 in stds:
            raise ShapeError("normalize divides by zero", argument="std", help="leave out channels that never vary")
        return b.Div(b.Sub(x, self._tensor(b, x, "mean")), self._tensor(b, x, "std"))

    def _tensor(self, b: LayerBuilder, x: Value, name: str) -> Value:
        given = getattr(self, name)
        if isinstance(given, float):
            return b.constant(given)
        shape = language_shape(x)
        channels = shape[0] if shape else 0
        if len(given) != channels:
            raise ShapeError(f"{len(given)} numbers for {channels} channels", argument=name)
        spread = (len(given), *(1 for _ in shape[1:]))
        return b.Constant(value=Tensor(DType.FLOAT32, spread, given))
