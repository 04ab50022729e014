"""Normalization of the input by fixed numbers."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.arguments import argument
from netc.compiler.declare.lists import Numbers
from netc.compiler.ir import DType, Tensor, Value
from netc.compiler.layers.base import (
    Layer,
    LayerBuilder,
    Sample,
    ShapeError,
    Wrong,
    language_shape,
    layer,
    require_floats,
)
from netc.grammar.counted import counted


@layer("normalize")
class Normalize(Layer):
    """y = (x - mean) / std with numbers that are given, one or one a channel (axis 0). The shape stays.

    For images in 0..1: `normalize(0.5, 0.5)`, or ImageNet's `normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])`.
    """

    also = ("normalization", "standardize")

    mean: float | tuple[float, ...] = argument(Numbers(), "what is taken off, a number or one a channel")
    std: float | tuple[float, ...] = argument(Numbers(), "what is divided by, a number or one a channel")

    samples = (
        Sample("normalize(0.5, 0.25)", "1x5x5"),
        Sample("normalize([0.4, 0.5, 0.6], 0.2)", "3x5x5"),
        Sample("normalize(0, [0.25, 0.5, 2])", "[3, H, W]"),
        Sample("normalize(mean=[0.1, 0.2], std=[-1, 0.5])", "2"),
    )
    errors = (
        Wrong("normalize([0.1, 0.2], 1)", "3x4x4", code="E301", says="2 numbers for 3 channels"),
        Wrong("normalize(0, [0.1, 0.0, 1])", "3x4x4", code="E301", says="normalize divides by zero"),
        Wrong("normalize(0, 1)", "int 3", code="E302", says="normalize works on floating-point numbers, found int64"),
    )

    def build(self, b: LayerBuilder, x: Value) -> Value:
        require_floats("normalize", x)
        stds = self.std if isinstance(self.std, tuple) else (self.std,)
        if 0.0 in stds:
            raise ShapeError("normalize divides by zero", argument="std", help="leave out channels that never vary")
        return b.Div(b.Sub(x, self._tensor(b, x, "mean")), self._tensor(b, x, "std"))

    def formula(self, torch: Any, x: Any) -> Any:
        spread = (-1, *(1 for _ in x.shape[1:]))
        mean, std = (torch.tensor(given, dtype=x.dtype) for given in (self.mean, self.std))
        return (x - mean.reshape(spread)) / std.reshape(spread)

    def _tensor(self, b: LayerBuilder, x: Value, name: str) -> Value:
        given = getattr(self, name)
        if isinstance(given, float):
            return b.constant(given)
        shape = language_shape(x)
        channels = shape[0] if shape else 0
        if len(given) != channels:
            raise ShapeError(f"{counted(len(given), 'number')} for {counted(channels, 'channel')}", argument=name)
        spread = (len(given), *(1 for _ in shape[1:]))
        return b.Constant(value=Tensor(DType.FLOAT32, spread, given))
