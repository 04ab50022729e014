"""Max pooling undone: values back at the places that the maxima came from."""

from __future__ import annotations

import math
from typing import Any

from netc.compiler.declare.arguments import argument
from netc.compiler.declare.extents import Pad
from netc.compiler.ir import Value, format_shape
from netc.compiler.layers.base import LayerBuilder, Sample, ShapeError, Wrong, language_shape, layer
from netc.compiler.layers.formulas import each, padded
from netc.compiler.layers.pooling.pool import Pool
from netc.compiler.layers.spatial import window


@layer("unpool")
class Unpool(Pool):
    """Puts each element where a `maxpool` of `before` found its maximum: `[C, H', W']` -> `before`'s `[C, H, W]`.

    `before = conv(8, 3x3); maxpool(2); …; unpool(before, kernel=2)`: the map that was pooled stands for the indices,
    which PyTorch's MaxUnpool takes, and for its output_size. Windows, pads and ties are those of `maxpool`; windows
    must not overlap; other places get zeros. No gradient flows into `before` (Zeiler & Fergus 2014, arXiv:1311.2901;
    Badrinarayanan et al. 2015, arXiv:1511.00561).
    """

    also = ("MaxUnpoolNd(kernel_size, stride, padding)",)

    inputs = (2, 2)
    pad: Any = argument(Pad(), "the pooling's padding around `before`", default=0)

    samples = (
        Sample("unpool(b, kernel=2)", "3x4x4", "3x8x8", out="3x8x8"),
        Sample("unpool(b, kernel=2, stride=3, pad=1)", "3x4x3", "3x11x8", out="3x11x8"),
        Sample("unpool(b, kernel=3, ceil=true)", "2x3", "2x8", out="2x8"),
    )
    errors = (
        Wrong("unpool(b, kernel=3, stride=2)", "3x3x3", "3x7x7", code="E301", says="windows of 3x3 overlap"),
        Wrong(
            "unpool(b, kernel=2)",
            "3x4x4",
            "3x9x6",
            code="E301",
            says="pooling 3x9x6 gives 3x4x3, found 3x4x4",
        ),
        Wrong("unpool(b, kernel=0)", "3x4x4", "3x8x8", code="E224", says="a size such as `3` or `3x3`, found 0"),
    )

    def build(self, b: LayerBuilder, *x: Value) -> Value:
        y, before = map(b.batched, x)
        move = window(before, "unpool", self.kernel, self.step, self.pad, largest_pad=True, ceil=self.ceil)
        if any(stride < size for stride, size in zip(move.strides, move.kernel, strict=True)):
            raise ShapeError(
                f"windows of {format_shape(move.kernel)} overlap: a place would get two values",
                argument="stride",
                help="take a stride of at least the kernel's size",
            )
        settings: dict[str, Any] = {"kernel": move.kernel, "strides": move.strides, "pads": move.pads}
        largest = b.MaxPool(before, **settings)
        if largest.shape != y.shape:
            shapes = [format_shape(language_shape(value)) for value in (before, largest, y)]
            raise ShapeError(f"pooling {shapes[0]} gives {shapes[1]}, found {shapes[2]}", at=0)
        return b.MaxPoolGradient(before, largest, y, **settings)

    def formula(self, torch: Any, x: Any, before: Any) -> Any:
        functional = torch.nn.functional
        pool = (functional.max_pool1d, functional.max_pool2d, functional.max_pool3d)[before.ndim - 2]
        whole = padded(torch, before, self.pad, self.kernel, self.step, by=-torch.inf, ceil=self.ceil)
        _, places = pool(whole, each(self.kernel, before), each(self.step, before), return_indices=True)
        flat = torch.zeros(x.shape[0], math.prod(whole.shape[1:]), dtype=x.dtype)
        filled = flat.scatter(1, places.flatten(1), x.flatten(1)).reshape(whole.shape)
        inside = padded(torch, torch.ones_like(before), self.pad, self.kernel, self.step, ceil=self.ceil) > 0
        return filled[inside].reshape(before.shape)
