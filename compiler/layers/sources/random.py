"""Layers that start a flow with random numbers."""

from __future__ import annotations

from typing import Any
from zlib import crc32

from netc.compiler.declare.arguments import Real, argument
from netc.compiler.declare.extents import Sizes
from netc.compiler.ir import BATCH, Shape, Value, is_batched
from netc.compiler.layers.base import Layer, LayerBuilder, Sample, ShapeError, Wrong, layer


def drawn(b: LayerBuilder, operator: str, word: str, shape: Shape) -> Value:
    """Numbers of a random source for each example; raises ShapeError where a net has none."""
    if not any(map(is_batched, b.graph.inputs)):
        raise ShapeError(f"{word} draws for each example, and the net has no input that says how many there are")
    (numbers,) = b.add(operator, (), {"shape": (BATCH, *shape), "stream": crc32(b.origin.scope.encode())})
    return numbers


@layer("normal")
class RandomNormal(Layer):
    """Numbers of the normal distribution, others for each example: `normal([100])` -> `[100]`.

    In training they are new in each step; which ones depends on the seed, the step and the layer's name alone. In a
    model for use they are those of seed 0: the same on each call. A net whose caller chooses them declares an input.
    """

    also = ("randn",)

    inputs = (0, 0)
    random = True
    shape: Shape = argument(Sizes(), "its shape: `[100]`")
    mean: float = argument(Real(), "their mean", default=0.0)
    std: float = argument(Real(0), "their standard deviation", default=1.0)

    samples = (
        Sample("normal([3000])", out="3000"),
        Sample("normal(40x50, std=0.5)", out="40x50"),
        Sample("normal([2000], mean=2)", out="2000"),
    )
    errors = (
        Wrong("normal([0])", code="E224", says="a shape such as `64x7x7` or `[1, 768]`, found [0]"),
        Wrong("normal(4, std=-1)", code="E224", says="a number of at least 0, found -1"),
    )

    def build(self, b: LayerBuilder, *x: Value) -> Value:
        y = drawn(b, "RandomNormal", "normal", self.shape)
        y = b.Mul(y, self.std) if self.std != 1 else y
        return b.Add(y, self.mean) if self.mean else y

    def formula(self, torch: Any) -> Any:
        return torch.randn(self.shape, dtype=torch.float64) * self.std + self.mean


@layer("uniform")
class RandomUniform(Layer):
    """Numbers that are equally likely everywhere from `low` to `high`, others for each example: `uniform([100])`.

    They are drawn as those of `normal` are.
    """

    also = ("rand",)

    inputs = (0, 0)
    random = True
    shape: Shape = argument(Sizes(), "its shape: `[100]`")
    low: float = argument(Real(), "the smallest number", default=0.0)
    high: float = argument(Real(), "the end of the range, excluded", default=1.0)

    samples = (
        Sample("uniform([3000])", out="3000"),
        Sample("uniform(40x50, low=-1)", out="40x50"),
        Sample("uniform([2000], low=2, high=2.5)", out="2000"),
    )
    errors = (
        Wrong("uniform([0])", code="E224", says="a shape such as `64x7x7` or `[1, 768]`, found [0]"),
        Wrong("uniform(4, low=1)", code="E301", says="uniform needs `low` below `high`, found 1 and 1"),
    )

    def build(self, b: LayerBuilder, *x: Value) -> Value:
        if self.low >= self.high:
            raise ShapeError(f"uniform needs `low` below `high`, found {self.low:g} and {self.high:g}", argument="low")
        y = drawn(b, "RandomUniform", "uniform", self.shape)
        y = b.Mul(y, self.high - self.low) if self.high - self.low != 1 else y
        return b.Add(y, self.low) if self.low else y

    def formula(self, torch: Any) -> Any:
        return torch.rand(self.shape, dtype=torch.float64) * (self.high - self.low) + self.low
