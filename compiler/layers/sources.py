"""Layers that start a flow without an input."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.arguments import Optional_, Real, Sizes, argument
from netc.compiler.initializers.constant import Constant
from netc.compiler.initializers.normal import Normal
from netc.compiler.ir import Shape, Value
from netc.compiler.layers.base import Layer, LayerBuilder, Sample, Wrong, constant_size, layer


@layer("parameter")
class ParameterSource(Layer):
    """A learned tensor, the same for every example: `parameter([1, 768])` -> `[1, 768]`.

    Parameters: weight `[*shape]`, drawn from `normal(std)`, or filled with `value`.
    """

    also = ("learned", "variable")

    inputs = (0, 0)
    shape: Shape = argument(Sizes(), "its shape: `[1, 768]`")
    std: float = argument(Real(0), "standard deviation of the initial numbers", default=0.02)
    value: float | None = argument(Optional_(Real()), "a number to fill it with instead", default=None)

    samples = (
        Sample("parameter([1, 768])", out="1x768", params=768, weights={"weight": "1x768 normal"}),
        Sample("parameter(3x4, std=0.5)", out="3x4", params=12, weights={"weight": "3x4 normal(0.5)"}),
        Sample("parameter([4], value=2.5)", out="4", params=4, weights={"weight": "4 constant(2.5)"}),
    )
    errors = (
        Wrong("parameter([0])", code="E224", says="a shape such as `64x7x7` or `[1, 768]`, found [0]"),
        Wrong("parameter(4, std=-1)", code="E224", says="a number of at least 0, found -1"),
    )

    def build(self, b: LayerBuilder, *x: Value) -> Value:
        shape = tuple(constant_size(size, "the size") for size in self.shape)
        initial = Normal(std=self.std) if self.value is None else Constant(value=self.value)
        return b.parameter("weight", shape, initial)

    def formula(self, torch: Any, weight: Any) -> Any:
        return weight


@layer("zeros")
class Zeros(Layer):
    """A tensor of zeros, the same for every example: `zeros([64])` -> `[64]`."""

    inputs = (0, 0)
    shape: Shape = argument(Sizes(), "its shape: `[64]`")

    samples = (Sample("zeros([64])", out="64"), Sample("zeros(3x4)", out="3x4"), Sample("zeros(1)", out="1"))
    errors = (
        Wrong("zeros([2, -1])", code="E224", says="a shape such as `64x7x7` or `[1, 768]`, found [2, -1]"),
        Wrong("zeros", code="E223", says="`zeros` needs `shape`"),
    )

    def build(self, b: LayerBuilder, *x: Value) -> Value:
        return b.Expand(b.constant(0.0), shape=self.shape)

    def formula(self, torch: Any) -> Any:
        return torch.zeros(self.shape, dtype=torch.float64)
