"""Pooling by the p-norm of each window."""

from __future__ import annotations

import math
from typing import Any

from netc.compiler.declare.arguments import Integer, argument
from netc.compiler.declare.extents import Pad
from netc.compiler.ir import Value
from netc.compiler.layers.base import LayerBuilder, Sample, Wrong, layer
from netc.compiler.layers.formulas import padded, windows
from netc.compiler.layers.pooling.pool import Pool
from netc.compiler.layers.spatial import window

SMALLEST = 1e-36
"""What a sum of powers is taken to be at least: its root has a finite slope, and a window of zeros gets none."""


@layer("lppool")
class LpPool(Pool):
    """The p-norm of each window: y = sum(|x|**p)**(1/p), `[C, H, W]` -> `[C, H', W']` as in `maxpool`.

    ONNX's LpPool. PyTorch's takes x**p where this takes |x|**p: for odd p it has no result where sums are negative; and
    what begun windows at the end sum up (`ceil=true`) it scales by their share of a window. A window of zeros has the
    gradient 0 (Gulcehre et al. 2014, arXiv:1311.1780).
    """

    also = ("LPPoolNd(norm_type, kernel_size, stride, ceil_mode)",)

    p: int = argument(Integer(1, 8), "the exponent", default=2)
    pad: Any = argument(Pad(), "zeros around the map, or `same` for ceil(size / stride) results", default=0)

    samples = (
        Sample("lppool(2)", "8x9x9", out="8x4x4"),
        Sample("lppool(3, p=3, stride=2, pad=1)", "3x9x8", out="3x5x4"),
        Sample("lppool(2, p=1, ceil=true)", "3x9", out="3x5"),
        Sample("lppool(2x2)", "[4, 8, W]", out="[4, 4, W // 2]"),
    )
    errors = (
        Wrong("lppool(2, p=0)", "3x8x8", code="E224", says="a whole number from 1 to 8, found 0"),
        Wrong("lppool(9)", "3x8x8", code="E301", says="kernel 9x9 is larger than the map of 8x8"),
    )

    def build(self, b: LayerBuilder, x: Value) -> Value:
        move = window(x, "lppool", self.kernel, self.step, self.pad, largest_pad=True, ceil=self.ceil)
        x = b.batched(x)
        powers = b.Mul(x, x) if self.p == 2 else b.Abs(x) if self.p == 1 else b.Pow(b.Abs(x), float(self.p))
        means = b.AveragePool(powers, kernel=move.kernel, strides=move.strides, pads=move.pads, count_include_pad=True)
        sums = b.Mul(means, float(math.prod(move.kernel)))
        if self.p == 1:
            return sums
        sums = b.Max(sums, SMALLEST)
        return b.Sqrt(sums) if self.p == 2 else b.Pow(sums, 1.0 / self.p)

    def formula(self, torch: Any, x: Any) -> Any:
        whole = padded(torch, x, self.pad, self.kernel, self.step, ceil=self.ceil)
        return torch.linalg.vector_norm(windows(whole, self.kernel, self.step), self.p, -1)
