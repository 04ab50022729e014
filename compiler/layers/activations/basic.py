"""Activations that work on each element alone: the shape stays, there are no parameters."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.arguments import Real, argument
from netc.compiler.ir import Value
from netc.compiler.layers.base import Layer, LayerBuilder, Sample, Wrong, layer, require_floats


@layer("relu")
class Relu(Layer):
    """y = max(x, 0), element by element (Nair & Hinton 2010). Its gradient at 0 is 0."""

    also = ("ReLU(-inplace=True|False)",)

    samples = (Sample("relu", "8x5"), Sample("relu", "float"), Sample("relu", "[4, H, W]"))
    errors = (Wrong("relu", "int 12", code="E302", says="relu works on floating-point numbers, found int64"),)

    def build(self, b: LayerBuilder, x: Value) -> Value:
        require_floats("relu", x)
        return b.Relu(x)

    def formula(self, torch: Any, x: Any) -> Any:
        return torch.relu(x)


@layer("leaky_relu")
class LeakyRelu(Layer):
    """y = x where x > 0, else slope * x, element by element (Maas et al. 2013)."""

    also = ("lrelu", "LeakyReLU(negative_slope, -inplace)")

    slope: float = argument(Real(), "the factor below zero", default=0.01)

    samples = (Sample("leaky_relu", "8x5"), Sample("leaky_relu(0.2)", "3x9x8"), Sample("leaky_relu(slope=-1)", "7"))
    errors = (
        Wrong("leaky_relu(true)", "8", code="E224", says="a number, found true"),
        Wrong("leaky_relu", "int 8", code="E302", says="leaky_relu works on floating-point numbers, found int64"),
    )

    def build(self, b: LayerBuilder, x: Value) -> Value:
        require_floats("leaky_relu", x)
        return b.LeakyRelu(x, alpha=self.slope)

    def formula(self, torch: Any, x: Any) -> Any:
        return torch.nn.functional.leaky_relu(x, self.slope)


@layer("sigmoid")
class Sigmoid(Layer):
    """y = 1 / (1 + exp(-x)), element by element: from 0 to 1."""

    also = ("logistic",)

    samples = (Sample("sigmoid", "8x5"), Sample("sigmoid", "float"), Sample("sigmoid", "3x9x8"))
    errors = (Wrong("sigmoid", "int 12", code="E302", says="sigmoid works on floating-point numbers, found int64"),)

    def build(self, b: LayerBuilder, x: Value) -> Value:
        require_floats("sigmoid", x)
        return b.Sigmoid(x)

    def formula(self, torch: Any, x: Any) -> Any:
        return torch.sigmoid(x)


@layer("tanh")
class Tanh(Layer):
    """y = tanh(x), element by element: from -1 to 1."""

    samples = (Sample("tanh", "8x5"), Sample("tanh", "float"), Sample("tanh", "3x9x8"))
    errors = (Wrong("tanh", "int 12", code="E302", says="tanh works on floating-point numbers, found int64"),)

    def build(self, b: LayerBuilder, x: Value) -> Value:
        require_floats("tanh", x)
        return b.Tanh(x)

    def formula(self, torch: Any, x: Any) -> Any:
        return torch.tanh(x)
