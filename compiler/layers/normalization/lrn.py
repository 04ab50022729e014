"""Local response normalization."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.arguments import SIZE, Real, argument
from netc.compiler.ir import Value
from netc.compiler.layers.along import cut
from netc.compiler.layers.base import (
    Layer,
    LayerBuilder,
    Sample,
    ShapeError,
    Wrong,
    constant_size,
    language_shape,
    layer,
    require_floats,
)
from netc.compiler.ops.slicing import pad_axis


@layer("lrn")
class Lrn(Layer):
    """y = x / (k + alpha / size * sum of x**2 over `size` neighbouring channels)**beta. The shape stays.

    The neighbours of channel c are c - size // 2 to c + (size - 1) // 2, as far as they exist. As PyTorch's
    LocalResponseNorm; the paper and Caffe's AlexNet have k = 2, and the paper's alpha isn't divided by the size:
    `lrn(5, alpha=5e-4, k=2)` (Krizhevsky et al. 2012).
    """

    also = (
        "local_response_norm",
        "localresponsenormalization",
        "CrossMapLRNNd",
    )

    size: int = argument(SIZE, "how many channels are summed over", default=5)
    alpha: float = argument(Real(0), "the factor of the mean square", default=1e-4)
    beta: float = argument(Real(0), "the exponent", default=0.75)
    k: float = argument(Real(0, open_low=True), "what is added to the mean", default=1.0)

    samples = (
        Sample("lrn", "7x3x4"),
        Sample("lrn(4, alpha=0.5, beta=0.5, k=2)", "5x3"),
        Sample("lrn(3, alpha=1)", "[2, H, W]"),
        Sample("lrn(1, alpha=0.1)", "4"),
    )
    errors = (
        Wrong("lrn(0)", "3x8x8", code="E224", says="a positive whole number, found 0"),
        Wrong("lrn(k=0)", "3x8x8", code="E224", says="a number above 0, found 0"),
        Wrong("lrn", "float", code="E301", says="lrn needs a channel axis, found a single number an example"),
    )

    def build(self, b: LayerBuilder, x: Value) -> Value:
        require_floats("lrn", x)
        if not language_shape(x):
            raise ShapeError("lrn needs a channel axis, found a single number an example")
        channels = constant_size(language_shape(x)[0], "the number of channels")
        x = b.batched(x)
        before, after = min(self.size // 2, channels), min((self.size - 1) // 2, channels)  # further on are zeros
        squares = pad_axis(b, b.Mul(x, x), 1, before, after)
        total = cut(b, squares, 1, 0, channels)
        for start in range(1, before + 1 + after):
            total = b.Add(total, cut(b, squares, 1, start, start + channels))
        scale = b.Add(b.Mul(total, self.alpha / self.size), self.k)
        return b.Mul(x, b.Pow(scale, -self.beta))

    def formula(self, torch: Any, x: Any) -> Any:
        flat = x.reshape(1, x.shape[0], -1)
        normalize = torch.nn.functional.local_response_norm
        return normalize(flat, self.size, self.alpha, self.beta, self.k).reshape(x.shape)
