"""Dropout."""

from __future__ import annotations

from netc.compiler.declare.arguments import Real, argument
from netc.compiler.ir import Value
from netc.compiler.layers.base import Layer, LayerBuilder, layer, require_floats


@layer("dropout")
class Dropout(Layer):
    """In training sets elements to zero with probability `rate` and divides the rest by 1 - rate; else y = x.

    Which ones depends on the seed, the step, the layer's name and the element alone, so that a resumed run drops
    the same (Srivastava et al. 2014).
    """

    rate: float = argument(Real(0, 1, open_high=True), "the share of elements that is dropped", default=0.5)

    def build(self, b: LayerBuilder, x: Value) -> Value:
        require_floats("dropout", x)
        return b.Dropout(b.batched(x), rate=self.rate)
