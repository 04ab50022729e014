"""Batch normalization."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.also import Also
from netc.compiler.declare.arguments import Boolean, Real, argument
from netc.compiler.ir import Value
from netc.compiler.layers.base import (
    ONES,
    ZEROS,
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


@layer("batchnorm")
class BatchNorm(Layer):
    """y = scale * (x - mean) / sqrt(variance + epsilon) + shift, for each channel (axis 0). The shape stays.

    In training mean and variance are those of the batch over examples and positions, the variance divided by their
    number (population variance), and the running ones move: `running = momentum * running + (1 - momentum) * batch`.
    Otherwise the running ones are used (Ioffe & Szegedy 2015, arXiv:1502.03167).

    Parameters: weight `[C]` (the scale), ones; bias `[C]` (the shift), zeros. Buffers: running_mean `[C]`, zeros;
    running_var `[C]`, ones.
    """

    also = (
        "bn",
        "norm",
        "BatchNormNd(-num_features, eps, 1 - momentum)",
        Also(
            "BatchNormalization(-axis=-1|1|3, momentum=0.99, epsilon=1e-3)",
            "channels are the first axis here, wherever they are there",
        ),
        "LazyBatchNormNd",
        Also("SyncBatchNorm", "a training runs on one device"),
    )

    momentum: float = argument(Real(0, 1), "how much of the running statistics is kept at a step", default=0.9)
    epsilon: float = argument(Real(0, open_low=True), "added to the variance", default=1e-5)
    scale: bool = argument(Boolean(), "whether a learned scale is applied", default=True)
    shift: bool = argument(Boolean(), "whether a learned shift is added", default=True)

    samples = (
        Sample(
            "batchnorm",
            "8x5x5",
            params=16,
            weights={"weight": "8 constant(1)", "bias": "8 constant"},
            buffers={"running_mean": "8 constant", "running_var": "8 constant(1)"},
        ),
        Sample("batchnorm(epsilon=0.5, momentum=0)", "4", params=8),
        Sample("batchnorm(scale=false)", "4x5", params=4, weights={"bias": "4 constant"}),
        Sample("batchnorm(shift=false)", "4x2x3x3", params=4, weights={"weight": "4 constant(1)"}),
        Sample("batchnorm(scale=false, shift=false)", "[4, T]"),
    )
    errors = (
        Wrong(
            "batchnorm", "float", code="E301", says="batchnorm needs a channel axis, found a single number an example"
        ),
        Wrong("batchnorm", "int 12", code="E302", says="batchnorm works on floating-point numbers, found int64"),
        Wrong("batchnorm(epsilon=0)", "8", code="E224", says="a number above 0, found 0"),
        Wrong("batchnorm", "[H, 8]", code="E304", says="the number of channels H is not known while compiling"),
    )

    def build(self, b: LayerBuilder, x: Value) -> Value:
        require_floats("batchnorm", x)
        if not language_shape(x):
            raise ShapeError("batchnorm needs a channel axis, found a single number an example")
        channels = constant_size(language_shape(x)[0], "the number of channels")
        scale = b.parameter("weight", (channels,), ONES) if self.scale else b.constant([1.0] * channels)
        shift = b.parameter("bias", (channels,), ZEROS) if self.shift else b.constant([0.0] * channels)
        mean = b.buffer("running_mean", (channels,), ZEROS)
        variance = b.buffer("running_var", (channels,), ONES)
        return b.BatchNormalization(
            b.batched(x), scale, shift, mean, variance, epsilon=self.epsilon, momentum=self.momentum
        )

    def formula(
        self, torch: Any, x: Any, running_mean: Any, running_var: Any, weight: Any = None, bias: Any = None
    ) -> Any:
        normalize = torch.nn.functional.batch_norm
        return normalize(x[None], running_mean, running_var, weight, bias, False, 0.0, self.epsilon)[0]
