"""What losses of several values want of their shapes."""

from __future__ import annotations

from collections.abc import Sequence

from netc.compiler.ir import Value, format_shape, is_batched
from netc.compiler.ir.operators import ShapeError
from netc.compiler.layers.base import language_shape, require_floats


def require_same(word: str, values: Sequence[Value], *, vectors: bool = False) -> None:
    """Refuse values that aren't floats of one shape, or, for `vectors`, that have no axis; raises ShapeError."""
    require_floats(word, *values)
    first = values[0]
    for other in values:
        if other.shape != first.shape:
            found = f"{format_shape(language_shape(first))} and {format_shape(language_shape(other))}"
            raise ShapeError(f"{word} compares values of one shape, found {found}", help="make them equally large")
    if vectors and not language_shape(first):
        raise ShapeError(f"{word} works on vectors, found a single number an example", help="give it `[F]` or `[T, F]`")


def require_map(word: str, value: Value, fewest: int = 1) -> None:
    """Refuse what is no map `[C, …]`, or one with an axis below `fewest`; raises ShapeError."""
    require_floats(word, value)
    shape = language_shape(value)
    small = any(isinstance(size, int) and size < fewest for size in shape[1:])
    if not is_batched(value) or len(shape) < 2 or small:
        least = f" of at least {fewest} positions along each axis" if fewest > 1 else ""
        raise ShapeError(f"{word} works on maps `[C, H, W]`{least}, found {format_shape(shape)}",
                         help="give it a value before it is flattened")  # fmt: skip
