"""Random numbers as a source. What they are depends on the seed, the step, the layer and the element alone."""

from __future__ import annotations

from typing import Protocol

from netc.compiler.ir import Builder, DType, Node, Shape, Value
from netc.compiler.ops.base import REQUIRED, op, sample
from netc.compiler.ops.sources import Source


class Draws(Protocol):
    """What training draws with: `passes/random_bits.py`, one stream for each layer path and draw in it."""

    def dropout_mask(self, g: Builder, shape: Shape, rate: float, leading: int | None = None) -> Value:
        """A tensor that is 0 with probability `rate` and 1 / (1 - rate) elsewhere, along some leading axes."""
        ...

    def uniform(self, g: Builder, shape: Shape) -> Value:
        """Numbers from 0 to 1, 1 excluded."""
        ...

    def normal(self, g: Builder, shape: Shape) -> Value:
        """Numbers of the normal distribution."""
        ...


class RandomSource(Source):
    """Floating-point numbers of the given shape; in training `passes/` make them new in each step.

    Where the network runs they are those of seed 0 and step 0: the same on each run of a model.

    stream   a number of the layer's own: two sources of one shape stay two
    """

    stock = False
    attributes = {"shape": REQUIRED, "stream": 0}
    samples = (sample(shape=(5,)), sample(shape=(2, 3, 4), stream=7))

    @staticmethod
    def shape(*, shape: Shape, stream: int) -> Shape:
        return shape

    @staticmethod
    def dtype(*, shape: Shape, stream: int) -> DType:
        return DType.FLOAT32


@op
class RandomNormal(RandomSource):
    """Numbers of the normal distribution with mean 0 and standard deviation 1."""

    @staticmethod
    def draw(g: Builder, draws: Draws, node: Node) -> Value:
        return draws.normal(g, node.output.shape)


@op
class RandomUniform(RandomSource):
    """Numbers that are equally likely everywhere from 0 (included) to 1 (excluded)."""

    @staticmethod
    def draw(g: Builder, draws: Draws, node: Node) -> Value:
        return draws.uniform(g, node.output.shape)
