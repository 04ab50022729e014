"""Activations that work on each element alone: the shape stays, there are no parameters."""

from __future__ import annotations

from netc.compiler.declare.arguments import Real, argument
from netc.compiler.ir import Value
from netc.compiler.layers.base import Layer, LayerBuilder, layer, require_floats


@layer("relu")
class Relu(Layer):
    """y = max(x, 0), element by element (Nair & Hinton 2010). Its gradient at 0 is 0."""

    def build(self, b: LayerBuilder, x: Value) -> Value:
        require_floats("relu", x)
        return b.Relu(x)


@layer("leaky_relu")
class LeakyRelu(Layer):
    """y = x where x > 0, else slope * x, element by element (Maas et al. 2013)."""

    slope: float = argument(Real(), "the factor below zero", default=0.01)

    def build(self, b: LayerBuilder, x: Value) -> Value:
        require_floats("leaky_relu", x)
        return b.LeakyRelu(x, alpha=self.slope)


@layer("sigmoid")
class Sigmoid(Layer):
    """y = 1 / (1 + exp(-x)), element by element: from 0 to 1."""

    def build(self, b: LayerBuilder, x: Value) -> Value:
        require_floats("sigmoid", x)
        return b.Sigmoid(x)


@layer("tanh")
class Tanh(Layer):
    """y = tanh(x), element by element: from -1 to 1."""

    def build(self, b: LayerBuilder, x: Value) -> Value:
        require_floats("tanh", x)
        return b.Tanh(x)
