"""CUDA: standard operators in the forms that cuDNN and cuBLAS should be fast with.

No card has run this table yet: the order of its rows is reasoning. `docs/targets.md` says how to measure and change it.
"""

from __future__ import annotations

from dataclasses import replace

from netc.compiler.ops.gelu import in_parts
from netc.compiler.targets.conditions import has_few_channels
from netc.compiler.targets.cuda.bits import xor_by_digits
from netc.compiler.targets.cuda.masks import masks_as_choices
from netc.compiler.targets.registry import Lowering, Table
from netc.compiler.targets.std import (
    EXCHANGED,
    LONG_PRODUCT,
    POINTWISE,
    PRODUCTS,
    STD,
    SWAPPED,
    TRANSPOSED,
    TURNED,
    WINDOWS,
)

CUDA: Table = {
    **STD,
    # Without a kernel there, masks of dropout would be made on the host, and a step with them could be no graph.
    "BitwiseXor": (Lowering("digits", xor_by_digits),),
    # ONNX has it from operator set 20 on.
    "Gelu": (Lowering("parts", in_parts),),
    # ConvTranspose is cuDNN's own gradient for the input, at any stride.
    "ConvInputGradient": (TRANSPOSED, TURNED),
    # Products run in cuBLAS; a convolution whose kernel is as large as its map has no fast algorithm in cuDNN.
    "ConvWeightGradient": (
        LONG_PRODUCT,
        POINTWISE,
        replace(WINDOWS, when=has_few_channels),
        PRODUCTS,
        EXCHANGED,
        SWAPPED,
    ),
}

__all__ = ["CUDA", "masks_as_choices"]
