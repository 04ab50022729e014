"""Layers that start a flow without an input."""

from __future__ import annotations

from typing import Any, ClassVar

from netc.compiler.declare.arguments import Integer, Optional_, Real, argument
from netc.compiler.declare.axes import Index
from netc.compiler.declare.extents import Sizes
from netc.compiler.initializers.constant import Constant
from netc.compiler.initializers.normal import Normal
from netc.compiler.ir import Shape, Size, Value
from netc.compiler.layers.base import Layer, LayerBuilder, Sample, ShapeError, Wrong, constant_size, layer
from netc.compiler.ops.checks import surely_less


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


class Filled(Layer):
    """A tensor of one number."""

    inputs = (0, 0)
    number: ClassVar[float]
    shape: Shape = argument(Sizes(), "its shape: `[64]`, `[T, 4]`")

    def build(self, b: LayerBuilder, *x: Value) -> Value:
        return b.Expand(b.constant(self.number), shape=self.shape)

    def formula(self, torch: Any) -> Any:
        return torch.full(self.shape, self.number, dtype=torch.float64)


@layer("zeros")
class Zeros(Filled):
    """A tensor of zeros, the same for every example: `zeros([64])` -> `[64]`."""

    number = 0.0
    samples = (Sample("zeros([64])", out="64"), Sample("zeros(3x4)", out="3x4"), Sample("zeros(1)", out="1"))
    errors = (
        Wrong("zeros([2, -1])", code="E224", says="a shape such as `64x7x7` or `[1, 768]`, found [2, -1]"),
        Wrong("zeros", code="E223", says="`zeros` needs `shape`"),
    )


@layer("ones")
class Ones(Filled):
    """A tensor of ones, the same for every example: `ones([64])` -> `[64]`."""

    number = 1.0
    samples = (Sample("ones([64])", out="64"), Sample("ones(3x4)", out="3x4"), Sample("ones(shape=1)", out="1"))
    errors = (
        Wrong("ones([0])", code="E224", says="a shape such as `64x7x7` or `[1, 768]`, found [0]"),
        Wrong("ones", code="E223", says="`ones` needs `shape`"),
    )


@layer("arange")
class Arange(Layer):
    """The whole numbers from `start` to `stop`, the end excluded, as an int64 vector: `arange(T)` -> 0, 1, … T - 1."""

    also = ("range",)

    inputs = (0, 0)
    stop: Size = argument(Index(), "the number behind the last")
    start: Size = argument(Index(), "the first number", default=0)
    step: int = argument(Integer(1), "the distance of the numbers", default=1)

    samples = (
        Sample("arange(5)", out="5"),
        Sample("arange(7, start=2, step=2)", out="3"),
        Sample("arange(3, -3)", out="6"),
    )
    errors = (
        Wrong("arange(0)", code="E301", says="no number lies from 0 to below 0"),
        Wrong("arange(2.5)", code="E224", says="a whole number or a size, found 2.5"),
        Wrong("arange(5, step=0)", code="E224", says="a positive whole number, found 0"),
    )

    def build(self, b: LayerBuilder, *x: Value) -> Value:
        count = (self.stop - self.start + self.step - 1) // self.step
        if surely_less(count, 1):
            raise ShapeError(f"no number lies from {self.start} to below {self.stop}", argument="stop")
        numbers = b.Iota(shape=(count,))
        if self.step != 1:
            numbers = b.Mul(numbers, self.step)
        if self.start != 0:
            numbers = b.Add(numbers, self.start if isinstance(self.start, int) else b.Dimension(size=self.start))
        return numbers

    def formula(self, torch: Any) -> Any:
        return torch.arange(self.start, self.stop, self.step)
