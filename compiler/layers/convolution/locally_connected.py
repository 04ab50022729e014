"""Convolution without shared weights."""

from __future__ import annotations

from itertools import product as combinations
from typing import Any

from netc.compiler.declare.arguments import SIZE, Boolean, Optional_, argument
from netc.compiler.declare.extents import Extent, Pad
from netc.compiler.declare.references import LayerType
from netc.compiler.ir import Value, product
from netc.compiler.layers.base import (
    HE_UNIFORM,
    ZEROS,
    Layer,
    LayerBuilder,
    Sample,
    Wrong,
    constant_size,
    language_shape,
    layer,
)
from netc.compiler.layers.formulas import padded, windows
from netc.compiler.layers.spatial import PerAxis, Window, window
from netc.compiler.ops.window import window_sizes


@layer("locally_connected")
class LocallyConnected(Layer):
    """A convolution with kernels of its own at every place: `[C, H, W]` -> `[filters, H', W']`, H' as in `conv`.

    Works on one to three spatial axes of known size. Keras's LocallyConnected of its second version; PyTorch has none.

    Parameters: weight `[H', W', filters, C, *kernel]`, drawn from `he_uniform` with fan_in = C * kernel elements; bias
    `[filters, H', W']`, zeros (Taigman et al. 2014, DeepFace).
    """

    filters: int = argument(SIZE, "output channels")
    kernel: PerAxis = argument(Extent(), "the kernels' size: `3x3`, or a number for all axes")
    stride: PerAxis = argument(Extent(), "the distance of places", default=1)
    pad: Any = argument(Pad(), "zeros around the map, or `same` for ceil(size / stride) results", default=0)
    bias: bool = argument(Boolean(), "whether a bias is added", default=True)
    act: object = argument(Optional_(LayerType()), "activation that follows", default=None)
    linear = True

    samples = (
        Sample(
            "locally_connected(3, 2x2)",
            "2x4x3",
            out="3x3x2",
            params=162,
            weights={"weight": "3x2x3x2x2x2 he_uniform", "bias": "3x3x2 constant"},
        ),
        Sample("locally_connected(2, 3, stride=2, pad=1, bias=false)", "3x5", out="2x3", params=54),
        Sample("locally_connected(2, 3x2, stride=[2, 1], pad=same, act=relu)", "1x4x3", out="2x2x3", params=84),
        Sample("locally_connected(1, [1, 2, 2])", "2x2x3x2", out="1x2x2x1", params=36),
    )
    errors = (
        Wrong("locally_connected(0, 3)", "3x8x8", code="E224", says="a positive whole number, found 0"),
        Wrong("locally_connected(2, 3)", "[3, H, 8]", code="E304", says="the size of the result H - 2 is not known"),
        Wrong("locally_connected(2, 9)", "3x8x8", code="E301", says="kernel 9x9 is larger than the map of 8x8"),
    )

    def build(self, b: LayerBuilder, x: Value) -> Value:
        move = window(x, self.word, self.kernel, self.stride, self.pad)
        channels = constant_size(language_shape(x)[0], "the number of channels")
        sizes = window_sizes(language_shape(x)[1:], move.kernel, move.strides, move.pads)
        places = tuple(constant_size(size, "the size of the result") for size in sizes)
        weight = b.parameter(
            "weight", (*places, self.filters, channels, *move.kernel), HE_UNIFORM, layout="P" * len(places) + "OI"
        )
        count, length = product(places), channels * product(move.kernel)
        rows = b.Transpose(self._windows(b, b.batched(x), move, places), axes=(2, 0, 1))
        columns = b.Transpose(b.Reshape(weight, shape=(count, self.filters, length)), axes=(0, 2, 1))
        y = b.Transpose(b.MatMul(rows, columns), axes=(1, 2, 0))
        y = b.Reshape(y, shape=(y.shape[0], self.filters, *places))
        if self.bias:
            y = b.Add(y, b.parameter("bias", (self.filters, *places), ZEROS))
        return b.apply(self.act, y, "act") if self.act is not None else y

    def _windows(self, b: LayerBuilder, x: Value, move: Window, places: tuple[int, ...]) -> Value:
        """What every place sees: `[N, C * kernel elements, places]`."""
        axes = len(places)
        x = b.Pad(x, pads=(0, 0, *move.pads[:axes], 0, 0, *move.pads[axes:])) if any(move.pads) else x
        parts = []
        for offset in combinations(*map(range, move.kernel)):
            ends = tuple(at + (n - 1) * s + 1 for at, n, s in zip(offset, places, move.strides, strict=True))
            part = b.Slice(x, starts=offset, stops=ends, axes=tuple(range(2, 2 + axes)), steps=move.strides)
            parts.append(b.Reshape(part, shape=(*x.shape[:2], 1, product(places))))
        together = b.Concat(*parts, axis=2) if len(parts) > 1 else parts[0]
        return b.Reshape(together, shape=(x.shape[0], x.shape[1] * len(parts), product(places)))

    def formula(self, torch: Any, x: Any, weight: Any, bias: Any = None) -> Any:
        axes = x.ndim - 1
        seen = windows(padded(torch, x, self.pad, self.kernel, self.stride), self.kernel, self.stride)
        kernels = weight.flatten(axes + 2)
        letters = "uvw"[:axes]
        y = torch.einsum(f"c{letters}k,{letters}ock->o{letters}", seen, kernels)
        return y if bias is None else y + bias
