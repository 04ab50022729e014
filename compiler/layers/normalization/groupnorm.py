"""Normalization of channels, or of groups of them, over each example's positions: `groupnorm`, `instancenorm`."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.arguments import SIZE, Boolean, argument
from netc.compiler.ir import Value, is_batched
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
from netc.compiler.layers.normalization.standardized import EPSILON
from netc.compiler.layers.reshaping.shape import with_batch
from netc.grammar.counted import counted


def _channels(word: str, x: Value, fewest: int) -> int:
    """How many channels (axis 0) there are; raises ShapeError, also for fewer axes than `fewest`."""
    require_floats(word, x)
    shape = language_shape(x)
    if not shape:
        raise ShapeError(f"{word} needs a channel axis, found a single number an example")
    if len(shape) < fewest:
        raise ShapeError(f"{word} needs positions behind the channel axis, found {shape[0]}")
    return constant_size(shape[0], "the number of channels")


def _scaled(b: LayerBuilder, y: Value, channels: int, scale: bool, shift: bool) -> Value:
    """The value with a learned scale and shift for each channel."""
    spread = (channels, *(1 for _ in language_shape(y)[1:]))
    y = b.Mul(y, b.Reshape(b.parameter("weight", (channels,), ONES), shape=spread)) if scale else y
    return b.Add(y, b.Reshape(b.parameter("bias", (channels,), ZEROS), shape=spread)) if shift else y


@layer("groupnorm")
class GroupNorm(Layer):
    """y = scale * (x - mean) / sqrt(variance + epsilon) + shift over the positions of a group of channels (axis 0).

    `[C, H, W]` -> `[C, H, W]`, with C a multiple of `groups`; mean and population variance are each example's own
    (Wu & He 2018, arXiv:1803.08494). One group is layer normalization over the whole map.

    Parameters: weight `[C]` (the scale), ones; bias `[C]` (the shift), zeros.
    """

    also = (
        "GroupNorm(num_groups, -num_channels, eps)",
        "GroupNormalization(groups=32, -axis=-1, epsilon=1e-3, center, scale)",
    )

    groups: int = argument(SIZE, "how many groups the channels make")
    epsilon: float = argument(EPSILON, "added to the variance", default=1e-5)
    scale: bool = argument(Boolean(), "whether a learned scale is applied", default=True)
    shift: bool = argument(Boolean(), "whether a learned shift is added", default=True)

    samples = (
        Sample("groupnorm(2)", "8x3x3", params=16, weights={"weight": "8 constant(1)", "bias": "8 constant"}),
        Sample("groupnorm(groups=3, epsilon=0.5)", "6", params=12),
        Sample("groupnorm(1, scale=false)", "4x5", params=4, weights={"bias": "4 constant"}),
        Sample("groupnorm(2, scale=false, shift=false)", "[4, H, W]"),
    )
    errors = (
        Wrong("groupnorm(3)", "8x4x4", code="E301", says="8 channels cannot make 3 groups"),
        Wrong("groupnorm(1)", "float", code="E301", says="groupnorm needs a channel axis"),
        Wrong("groupnorm(2)", "[H, 8]", code="E304", says="the number of channels H is not known while compiling"),
        Wrong("groupnorm(2)", "int 8", code="E302", says="groupnorm works on floating-point numbers, found int64"),
    )

    def build(self, b: LayerBuilder, x: Value) -> Value:
        channels = _channels("groupnorm", x, 1)
        if channels % self.groups:
            raise ShapeError(
                f"{counted(channels, 'channel')} cannot make {counted(self.groups, 'group')}", argument="groups"
            )
        shape = language_shape(x)
        apart = b.Reshape(x, shape=with_batch(x, (self.groups, channels // self.groups, *shape[1:])))
        axes = tuple(range(1 + int(is_batched(x)), apart.rank))
        y, _ = b.add("Standardization", (apart,), {"axes": axes, "epsilon": self.epsilon})
        return _scaled(b, b.Reshape(y, shape=x.shape), channels, self.scale, self.shift)

    def formula(self, torch: Any, x: Any, weight: Any = None, bias: Any = None) -> Any:
        y = torch.nn.functional.group_norm(x[None], self.groups, None, None, self.epsilon)[0]
        spread = (-1, *(1 for _ in x.shape[1:]))
        y = y if weight is None else y * weight.reshape(spread)
        return y if bias is None else y + bias.reshape(spread)


@layer("instancenorm")
class InstanceNorm(Layer):
    """y = (x - mean) / sqrt(variance + epsilon) over the positions of each channel (axis 0) of each example.

    `[C, H, W]` -> `[C, H, W]` (Ulyanov et al. 2016, arXiv:1607.08022). As in PyTorch nothing is learned unless said.

    Parameters: with `scale` weight `[C]`, ones; with `shift` bias `[C]`, zeros.
    """

    also = ("instance_normalization", "InstanceNormNd(-num_features, eps)", "LazyInstanceNormNd")

    epsilon: float = argument(EPSILON, "added to the variance", default=1e-5)
    scale: bool = argument(Boolean(), "whether a learned scale is applied", default=False)
    shift: bool = argument(Boolean(), "whether a learned shift is added", default=False)

    samples = (
        Sample("instancenorm", "3x4x5"),
        Sample("instancenorm(scale=true, shift=true)", "4x3x3", params=8,
               weights={"weight": "4 constant(1)", "bias": "4 constant"}),
        Sample("instancenorm(epsilon=0.5)", "[3, T]"),
    )  # fmt: skip
    errors = (
        Wrong("instancenorm", "8", code="E301", says="instancenorm needs positions behind the channel axis, found 8"),
        Wrong("instancenorm", "[H, 8]", code="E304", says="the number of channels H is not known while compiling"),
        Wrong("instancenorm", "int 8x4", code="E302", says="instancenorm works on floating-point numbers, found int64"),
    )

    def build(self, b: LayerBuilder, x: Value) -> Value:
        channels = _channels("instancenorm", x, 2)
        axes = tuple(range(1 + int(is_batched(x)), x.rank))
        y, _ = b.add("Standardization", (x,), {"axes": axes, "epsilon": self.epsilon})
        return _scaled(b, y, channels, self.scale, self.shift)

    def formula(self, torch: Any, x: Any, weight: Any = None, bias: Any = None) -> Any:
        return torch.nn.functional.instance_norm(x[None], None, None, weight, bias, True, 0.0, self.epsilon)[0]
