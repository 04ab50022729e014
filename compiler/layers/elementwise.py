"""Layers that work on each element alone and are no activations."""

from __future__ import annotations

from typing import Any

from netc.compiler.ir import Value
from netc.compiler.layers.base import Layer, LayerBuilder, Sample, Wrong, layer, require_floats


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


@layer("exp")
class Exp(Layer):
    """y = e**x, element by element."""

    samples = (Sample("exp", "8x5"), Sample("exp", "float"), Sample("exp", "3x9x8"))
    errors = (Wrong("exp", "int 12", code="E302", says="exp works on floating-point numbers, found int64"),)

    def build(self, b: LayerBuilder, x: Value) -> Value:
        require_floats("exp", x)
        return b.Exp(x)

    def formula(self, torch: Any, x: Any) -> Any:
        return torch.exp(x)
