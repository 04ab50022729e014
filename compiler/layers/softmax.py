"""Softmax."""

from __future__ import annotations

from netc.compiler.declare.arguments import AXIS, argument
from netc.compiler.ir import Value
from netc.compiler.layers.base import Layer, LayerBuilder, ShapeError, language_shape, layer, require_floats


@layer("softmax")
class Softmax(Layer):
    """y = exp(x) / sum(exp(x)) along one axis: positive numbers that sum to 1. The shape stays.

    The axis is the last unless given, whatever the rank: classes of a vector, words of a sequence, keys of attention
    scores. On a map `[C, H, W]` the classes are the channels: write `softmax(axis=0)`. Computed with the largest
    element taken off first, so that nothing overflows.
    """

    axis: int = argument(AXIS, "the axis that sums to 1", default=-1)

    def build(self, b: LayerBuilder, x: Value) -> Value:
        require_floats("softmax", x)
        if not language_shape(x):
            raise ShapeError("softmax needs an axis to work on, found a single number an example")
        return b.Softmax(x, axis=b.axis(x, self.axis))
