"""Layers that pass on each element, or its size."""

from __future__ import annotations

from typing import Any

from netc.compiler.ir import Value
from netc.compiler.layers.base import Layer, LayerBuilder, Sample, layer


@layer("identity")
class Identity(Layer):
    """y = x. Names the flowing value (`x = identity`), and says that no activation follows (`act=identity`).

    Where several values flow they go on as they are: `h, c = identity` takes them apart.
    """

    also = ("noop", "pass_through")
    whole = True

    samples = (Sample("identity", "8x5"), Sample("identity", "float"), Sample("identity", "int 12"))

    def build(self, b: LayerBuilder, x: Value) -> Value:
        return b.Identity(x)

    def formula(self, torch: Any, x: Any) -> Any:
        return x


@layer("abs")
class Abs(Layer):
    """y = |x|, element by element. Its gradient at 0 is 0."""

    also = ("absolute",)

    samples = (Sample("abs", "8x5"), Sample("abs", "float"), Sample("abs", "int 12", values=(-9, 9)))

    def build(self, b: LayerBuilder, x: Value) -> Value:
        return b.Abs(x)

    def formula(self, torch: Any, x: Any) -> Any:
        return torch.abs(x)


@layer("stop_gradient")
class StopGradient(Layer):
    """y = x, through which no gradient flows: what made x is not moved by what is made of y."""

    also = ("detach",)

    samples = (Sample("stop_gradient", "8x5"), Sample("stop_gradient", "[T, 4]"), Sample("stop_gradient", "int 12"))

    def build(self, b: LayerBuilder, x: Value) -> Value:
        return b.StopGradient(x)

    def formula(self, torch: Any, x: Any) -> Any:
        return x.detach()
