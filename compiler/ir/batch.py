"""The batch, axis 0 of what flows; the language leaves it out."""

from __future__ import annotations

from netc.compiler.ir.dims import BATCH, Shape
from netc.compiler.ir.graph import Value


def language_shape(value: Value) -> Shape:
    """A value's shape as the language says it: without the batch."""
    return value.shape[1:] if is_batched(value) else value.shape


def is_batched(value: Value) -> bool:
    """Whether axis 0 is the batch. Parameters and constants have none."""
    shape = value.shape
    return bool(shape) and (shape[0] is BATCH or (type(shape[0]) is not int and shape[0] == BATCH))
