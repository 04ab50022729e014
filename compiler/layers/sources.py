"""Layers that start a flow without an input."""

from __future__ import annotations

from netc.compiler.declare.arguments import Optional_, Real, Sizes, argument
from netc.compiler.declare.initial import Initial
from netc.compiler.ir import Shape, Value
from netc.compiler.layers.base import Layer, LayerBuilder, constant_size, layer


@layer("parameter")
class ParameterSource(Layer):
    """A learned tensor, the same for every example: `parameter([1, 768])` -> `[1, 768]`.

    Parameters: weight `[*shape]`, drawn from a normal distribution of mean 0, or filled with `value`.
    """

    inputs = (0, 0)
    shape: Shape = argument(Sizes(), "its shape: `[1, 768]`")
    std: float = argument(Real(0), "standard deviation of the initial numbers", default=0.02)
    value: float | None = argument(Optional_(Real()), "a number to fill it with instead", default=None)

    def build(self, b: LayerBuilder, *x: Value) -> Value:
        shape = tuple(constant_size(size, "the size") for size in self.shape)
        initial = Initial("normal", self.std) if self.value is None else Initial("constant", self.value)
        return b.parameter("weight", shape, initial)


@layer("zeros")
class Zeros(Layer):
    """A tensor of zeros, the same for every example: `zeros([64])` -> `[64]`."""

    inputs = (0, 0)
    shape: Shape = argument(Sizes(), "its shape: `[64]`")

    def build(self, b: LayerBuilder, *x: Value) -> Value:
        return b.Expand(b.constant(0.0), shape=self.shape)
