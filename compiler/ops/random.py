"""Random numbers as a source. What they are depends on the seed, the step, the layer and the element alone."""

from __future__ import annotations

from netc.compiler.ir import DType, Shape
from netc.compiler.ops.base import REQUIRED, op, sample
from netc.compiler.ops.sources import Source


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


@op
class RandomUniform(RandomSource):
    """Numbers that are equally likely everywhere from 0 (included) to 1 (excluded)."""
