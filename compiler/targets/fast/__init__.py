"""The CPU target with the operators of `netc[fast]`, a library of our own in C++ (`runtime/fast`).

Layout and convolutions are the CPU target's. What the stock runtime does in many passes over memory has one operator
each: batch normalization and its gradient, the gradients of max-pooling, of weights and of strided convolutions, and
chains of elementwise operations.
"""

from __future__ import annotations

from netc.compiler.targets.cpu.masks import steep_masks
from netc.compiler.targets.cpu.pads import pads_as_joins
from netc.compiler.targets.cpu.scalars import flat_scalars
from netc.compiler.targets.fast.chains import chains
from netc.compiler.targets.fast.rows import rows as fast_rows

FAST_FINISH = (steep_masks, chains, pads_as_joins, flat_scalars)
"""What is rewritten once the graph is in the target's operators."""

__all__ = ["FAST_FINISH", "fast_rows"]
