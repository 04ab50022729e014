"""The CPU target with the operators of `netc[fast]`, a library of our own in C++ (`runtime/fast`).

Layout and convolutions are the CPU target's. What the stock runtime does in many passes over memory has one operator
each: batch normalization and its gradient, the gradients of max-pooling, of weights and of strided convolutions, those
of depthwise ones too, and chains of elementwise operations.
"""

from __future__ import annotations

from netc.compiler.targets.fast.rows import rows as fast_rows

__all__ = ["fast_rows"]
