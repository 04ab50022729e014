"""Dropout."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.also import Also
from netc.compiler.declare.arguments import Real, argument
from netc.compiler.ir import Value
from netc.compiler.layers.base import Layer, LayerBuilder, Sample, Wrong, layer, require_floats

CHANNELS = "it drops single elements, where the other drops whole channels"


@layer("dropout")
class Dropout(Layer):
    """In training sets elements to zero with probability `rate` and divides the rest by 1 - rate; else y = x.

    Which ones depends on the seed, the step, the layer's name and the element alone, so that a resumed run drops
    the same (Srivastava et al. 2014).
    """

    also = ("drop", "Dropout(p, -inplace)", Also("DropoutNd(p, -inplace)", CHANNELS), Also("spatial_dropout", CHANNELS))

    rate: float = argument(Real(0, 1, open_high=True), "the share of elements that is dropped", default=0.5)

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
