"""Layers that bring each example to one scale, and give it a learned one: `layernorm`, `rmsnorm` over the last axes."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.arguments import AXIS, Boolean, Real, argument
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

EPSILON = Real(0, open_low=True)
FLOAT32_STEP = 1.1920928955078125e-07


def last_axes(b: LayerBuilder, x: Value, word: str, first: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The graph's axes from `first` to the last, and their sizes, which weights have; raises ShapeError."""
    require_floats(word, x)
    if not language_shape(x):
        raise ShapeError(f"{word} needs an axis to work on, found a single number an example")
    start = b.axis(x, first, "from")
    sizes = tuple(constant_size(size, "the size") for size in x.shape[start:])
    return tuple(range(start, x.rank)), sizes


def _errors(word: str) -> tuple[Wrong, ...]:
    return (
        Wrong(word, "float", code="E301", says=f"{word} needs an axis to work on, found a single number an example"),
        Wrong(word, "int 12", code="E302", says=f"{word} works on floating-point numbers, found int64"),
        Wrong(f"{word}(epsilon=0)", "8", code="E224", says="a number above 0, found 0"),
        Wrong(f"{word}(from=1)", "8", code="E303", says="axis 1 of a value with 1 axis"),
        Wrong(word, "[8, T]", code="E304", says="the size T is not known while compiling"),
    )


@layer("layernorm")
class LayerNorm(Layer):
    """y = scale * (x - mean) / sqrt(variance + epsilon) + shift over the last axis, or the axes from `from` on.

    `[T, C]` -> `[T, C]`: mean and population variance are those of each vector by itself, in training and afterwards
    (Ba et al. 2016, arXiv:1607.06450).

    Parameters: weight (the scale), ones; bias (the shift), zeros; both of the shape of the axes, `[C]`.
    """

    also = (
        "ln",
        "LayerNorm(-normalized_shape=NUMBER, eps)",
        "LayerNormalization(-axis=-1, epsilon=1e-3, center, scale)",
    )

    start: int = argument(AXIS, "the first axis that is normalized over", default=-1, word="from")
    epsilon: float = argument(EPSILON, "added to the variance", default=1e-5)
    scale: bool = argument(Boolean(), "whether a learned scale is applied", default=True)
    shift: bool = argument(Boolean(), "whether a learned shift is added", default=True)

    samples = (
        Sample("layernorm", "4x8", params=16, weights={"weight": "8 constant(1)", "bias": "8 constant"}),
        Sample("layernorm(from=0, epsilon=0.5)", "2x3x4", params=48),
        Sample("layernorm(shift=false)", "[T, 6]", params=6, weights={"weight": "6 constant(1)"}),
        Sample("layernorm(scale=false, shift=false)", "12"),
    )
    errors = _errors("layernorm")

    def build(self, b: LayerBuilder, x: Value) -> Value:
        axes, sizes = last_axes(b, x, "layernorm", self.start)
        y, _ = b.add("Standardization", (x,), {"axes": axes, "epsilon": self.epsilon})
        y = b.Mul(y, b.parameter("weight", sizes, ONES)) if self.scale else y
        return b.Add(y, b.parameter("bias", sizes, ZEROS)) if self.shift else y

    def formula(self, torch: Any, x: Any, weight: Any = None, bias: Any = None) -> Any:
        shape = x.shape[self.start % x.ndim :]
        return torch.nn.functional.layer_norm(x, shape, weight, bias, self.epsilon)


@layer("rmsnorm")
class RmsNorm(Layer):
    """y = scale * x / sqrt(mean of x² + epsilon) over the last axis, or the axes from `from` on.

    Layer normalization without mean and shift (Zhang & Sennrich 2019, arXiv:1910.07467). The epsilon
    is PyTorch's, the step of float32 at 1;
    LLaMA has 1e-5, Keras 1e-6.

    Parameters: weight (the scale), ones, of the shape of the axes, `[C]`.
    """

    also = ("RMSNorm(-normalized_shape=NUMBER, eps)", "RMSNormalization(-axis=-1, epsilon=1e-6)")

    start: int = argument(AXIS, "the first axis that is normalized over", default=-1, word="from")
    epsilon: float = argument(EPSILON, "added to the mean square", default=FLOAT32_STEP)
    scale: bool = argument(Boolean(), "whether a learned scale is applied", default=True)

    samples = (
        Sample("rmsnorm", "4x8", params=8, weights={"weight": "8 constant(1)"}),
        Sample("rmsnorm(from=0, epsilon=0.5)", "2x3x4", params=24),
        Sample("rmsnorm(scale=false)", "[T, 6]"),
    )
    errors = _errors("rmsnorm")

    def build(self, b: LayerBuilder, x: Value) -> Value:
        axes, sizes = last_axes(b, x, "rmsnorm", self.start)
        y, _ = b.add("Standardization", (x,), {"axes": axes, "epsilon": self.epsilon, "centred": False})
        return b.Mul(y, b.parameter("weight", sizes, ONES)) if self.scale else y

    def formula(self, torch: Any, x: Any, weight: Any = None) -> Any:
        return torch.nn.functional.rms_norm(x, x.shape[self.start % x.ndim :], weight, self.epsilon)
