"""Layers that make training harder and do nothing afterwards: dropout of elements, channels or examples."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.arguments import Real, argument
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

RATE = Real(0, 1, open_high=True)


@layer("dropout")
class Dropout(Layer):
    """In training sets elements to zero with probability `rate` and divides the rest by 1 - rate; else y = x.

    Which ones depends on the seed, the step, the layer's name and the element alone, so that a resumed run drops
    the same (Srivastava et al. 2014).
    """

    also = ("drop", "Dropout(p, -inplace)")

    rate: float = argument(RATE, "the share of elements that is dropped", default=0.5)

    samples = (Sample("dropout", "8"), Sample("dropout(0.3)", "8x5"), Sample("dropout(rate=0.7)", "[4, H, W]"))
    errors = (
        Wrong("dropout(1.0)", "8", code="E224", says="a number of at least 0 and below 1, found 1.0"),
        Wrong("dropout", "int 8", code="E302", says="dropout works on floating-point numbers, found int64"),
    )

    def build(self, b: LayerBuilder, x: Value) -> Value:
        require_floats("dropout", x)
        return b.Dropout(b.batched(x), rate=self.rate)

    def formula(self, torch: Any, x: Any) -> Any:
        return x


@layer("spatial_dropout")
class SpatialDropout(Layer):
    """In training sets whole channels (axis 0) to zero with probability `rate`, and divides the rest by
    1 - rate; else y = x.

    Neighbours in a map are alike, so that single elements dropped are no loss (Tompson et al. 2014, arXiv:1411.4280).
    """

    also = ("DropoutNd(p, -inplace)", "SpatialDropoutND(rate)", "feature_dropout")

    rate: float = argument(RATE, "the share of channels that is dropped", default=0.5)

    samples = (Sample("spatial_dropout", "4x3x3"), Sample("spatial_dropout(0.3)", "8x5"),
               Sample("spatial_dropout(rate=0.7)", "[4, H, W]"))  # fmt: skip
    errors = (
        Wrong("spatial_dropout(1.0)", "8x4", code="E224", says="a number of at least 0 and below 1, found 1.0"),
        Wrong("spatial_dropout", "float", code="E301", says="spatial_dropout needs a channel axis"),
        Wrong("spatial_dropout", "int 8x4", code="E302", says="spatial_dropout works on floating-point numbers"),
    )

    def build(self, b: LayerBuilder, x: Value) -> Value:
        require_floats("spatial_dropout", x)
        if not language_shape(x):
            raise ShapeError("spatial_dropout needs a channel axis, found a single number an example")
        return b.Dropout(b.batched(x), rate=self.rate, leading=2)

    def formula(self, torch: Any, x: Any) -> Any:
        return x


@layer("stochastic_depth")
class StochasticDepth(Layer):
    """In training sets whole examples to zero with probability `rate`, and divides the rest by 1 - rate; else y = x.

    At the end of a residual branch it leaves the branch out: `add { identity; { conv(8, 3x3, pad=same); relu;
    stochastic_depth(0.2) } }` (Huang et al. 2016, arXiv:1603.09382). PyTorch's `mode="row"`.
    """

    also = ("drop_path",)

    rate: float = argument(RATE, "the share of examples whose value is dropped", default=0.5)

    samples = (Sample("stochastic_depth", "4x3x3"), Sample("stochastic_depth(0.3)", "float"),
               Sample("stochastic_depth(rate=0.7)", "[4, H, W]"))  # fmt: skip
    errors = (
        Wrong("stochastic_depth(-0.1)", "8", code="E224", says="a number of at least 0 and below 1, found -0.1"),
        Wrong("stochastic_depth", "int 8", code="E302", says="stochastic_depth works on floating-point numbers"),
    )

    def build(self, b: LayerBuilder, x: Value) -> Value:
        require_floats("stochastic_depth", x)
        return b.Dropout(b.batched(x), rate=self.rate, leading=1)

    def formula(self, torch: Any, x: Any) -> Any:
        return x
