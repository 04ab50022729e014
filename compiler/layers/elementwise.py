"""Layers that work on each element alone and are no activations."""

from __future__ import annotations

from netc.compiler.ir import Value
from netc.compiler.layers.base import Layer, LayerBuilder, layer, require_floats


@layer("identity")
class Identity(Layer):
    """y = x. Names the flowing value (`x = identity`), and says that no activation follows (`act=identity`)."""

    def build(self, b: LayerBuilder, x: Value) -> Value:
        return b.Identity(x)


@layer("abs")
class Abs(Layer):
    """y = |x|, element by element. Its gradient at 0 is 0."""

    def build(self, b: LayerBuilder, x: Value) -> Value:
        return b.Abs(x)


@layer("exp")
class Exp(Layer):
    """y = e**x, element by element."""

    def build(self, b: LayerBuilder, x: Value) -> Value:
        require_floats("exp", x)
        return b.Exp(x)
