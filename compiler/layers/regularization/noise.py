"""Noise that is added in training alone."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.arguments import Real, argument
from netc.compiler.ir import Value
from netc.compiler.layers.base import Layer, LayerBuilder, Sample, Wrong, layer, require_floats


@layer("gaussian_noise")
class GaussianNoise(Layer):
    """In training y = x + std * noise, with noise of the normal distribution in each element; else y = x."""

    std: float = argument(Real(0), "standard deviation of the noise", default=0.1)

    samples = (Sample("gaussian_noise", "8"), Sample("gaussian_noise(0.3)", "8x5"),
               Sample("gaussian_noise(std=2)", "[4, H, W]"))  # fmt: skip
    errors = (
        Wrong("gaussian_noise(-1)", "8", code="E224", says="a number of at least 0, found -1"),
        Wrong("gaussian_noise", "int 8", code="E302", says="gaussian_noise works on floating-point numbers"),
    )

    def build(self, b: LayerBuilder, x: Value) -> Value:
        require_floats("gaussian_noise", x)
        return b.GaussianNoise(b.batched(x), std=self.std)

    def formula(self, torch: Any, x: Any) -> Any:
        return x
