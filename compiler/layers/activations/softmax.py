"""Softmax and its logarithm."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.also import Also
from netc.compiler.declare.arguments import AXIS, argument
from netc.compiler.ir import Value
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


@layer("softmax")
class Softmax(Layer):
    """y = exp(x) / sum(exp(x)) along one axis: positive numbers that sum to 1. The shape stays.

    The axis is the last unless given, whatever the rank: classes of a vector, words of a sequence, keys of attention
    scores. On a map `[C, H, W]` the classes are the channels: write `softmax(axis=0)`. Computed with the largest
    element taken off first, so that nothing overflows.
    """

    also = ("Softmax(dim)", Also("Softmax2d(+axis=0)", note="write `softmax(axis=0)`, over the channels of a map"))

    axis: int = argument(AXIS, "the axis that sums to 1", default=-1)

    samples = (
        Sample("softmax", "8x5"),
        Sample("softmax(axis=0)", "3x9x8"),
        Sample("softmax(1)", "[3, H, W]"),
        Sample("softmax", "7"),
    )
    errors = (
        Wrong(
            "softmax", "float", code="E301", says="softmax needs an axis to work on, found a single number an example"
        ),
        Wrong("softmax", "int 12", code="E302", says="softmax works on floating-point numbers, found int64"),
        Wrong("softmax(2)", "8x5", code="E303", says="axis 2 of a value with 2 axes"),
    )

    def build(self, b: LayerBuilder, x: Value) -> Value:
        require_floats("softmax", x)
        if not language_shape(x):
            raise ShapeError("softmax needs an axis to work on, found a single number an example")
        return b.Softmax(x, axis=b.axis(x, self.axis))

    def formula(self, torch: Any, x: Any) -> Any:
        return torch.softmax(x, self.axis)


@layer("log_softmax")
class LogSoftmax(Layer):
    """y = x - ln(sum(exp(x))) along one axis, the last unless given: the logarithm of softmax, without overflow."""

    also = ("LogSoftmax(dim)",)

    axis: int = argument(AXIS, "the axis whose exponentials sum to 1", default=-1)

    samples = (
        Sample("log_softmax", "8x5"),
        Sample("log_softmax(axis=0)", "3x9x8"),
        Sample("log_softmax(1)", "[3, H, W]"),
    )
    errors = (
        Wrong(
            "log_softmax", "float", code="E301",
            says="log_softmax needs an axis to work on, found a single number an example",
        ),
        Wrong("log_softmax", "int 12", code="E302", says="log_softmax works on floating-point numbers, found int64"),
        Wrong("log_softmax(2)", "8x5", code="E303", says="axis 2 of a value with 2 axes"),
    )  # fmt: skip

    def build(self, b: LayerBuilder, x: Value) -> Value:
        require_floats("log_softmax", x)
        if not language_shape(x):
            raise ShapeError("log_softmax needs an axis to work on, found a single number an example")
        return b.LogSoftmax(x, axis=b.axis(x, self.axis))

    def formula(self, torch: Any, x: Any) -> Any:
        return torch.log_softmax(x, self.axis)
